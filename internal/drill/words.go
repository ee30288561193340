package drill

import "jembatan/tunnel/audit"

// A wordbook is the fixed texts of the page: English and Indonesian by key.
type wordbook struct{ lang audit.Lang }

// say returns the text of a key, and the key itself where there is none.
func (w wordbook) say(key string) string {
	both, ok := texts()[key]
	switch {
	case !ok:
		return key
	case w.lang == audit.Indonesian:
		return both[1]
	}
	return both[0]
}

func texts() map[string][2]string {
	return map[string][2]string{
		"title":    {"Failover drill", "Latihan failover"},
		"result":   {"Result", "Hasil"},
		"promised": {"promised", "dijanjikan"}, "measured": {"measured", "terukur"},
		"rto": {"Longest outage (RTO)", "Gangguan terlama (RTO)"}, "rpo": {"Lost transactions (RPO)", "Transaksi hilang (RPO)"},
		"requests": {"Requests lost", "Permintaan hilang"}, "of": {"of", "dari"}, "none-lost": {"none", "tidak ada"},
		"not-proven": {"not proven", "tidak terbukti"}, "not-measured": {"not measured", "tidak terukur"},
		"findings": {"Findings", "Temuan"}, "no-findings": {"Nothing to remark.", "Tidak ada catatan."},
		"fails": {"fails", "gagal"}, "condition": {"condition", "syarat"},
		"there": {"There", "Pergi"}, "back": {"Back", "Kembali"}, "part": {"Part", "Bagian"}, "total": {"total", "jumlah"},
		"detect": {"detect", "deteksi"}, "decide": {"decide", "memutuskan"}, "fence": {"fence", "pagari"}, "drain": {"drain", "kuras"},
		"promote": {"promote", "buka tulis"}, "switch": {"switch", "alihkan"}, "verify": {"verify", "periksa"}, "undo": {"undo", "batalkan"},
		"no-part":       {"“–” means that there was no such part: what is planned needs no detection.", "“–” berarti bagian itu tidak ada: yang direncanakan tidak perlu dideteksi."},
		"what-was-done": {"What was done", "Yang dikerjakan"}, "began": {"began", "mulai"}, "took": {"took", "lama"}, "on": {"on", "pada"},
		"clients": {"What clients saw", "Yang dilihat klien"},
		"client-about": {
			"The client was the controller itself, not a customer: one request to each public address every %s on a new connection, given up after %s. An outage lasts from the first request that failed to the first of %d good ones in a row.",
			"Kliennya adalah pengendali sendiri, bukan pelanggan: satu permintaan ke tiap alamat publik tiap %s lewat koneksi baru, menyerah setelah %s. Gangguan dihitung dari permintaan pertama yang gagal sampai yang pertama dari %d yang berhasil berturut-turut.",
		},
		"address": {"Address", "Alamat"}, "sent": {"sent", "dikirim"}, "failed": {"failed", "gagal"}, "lost": {"no answer", "tanpa jawaban"},
		"outage": {"longest outage", "gangguan terlama"}, "gap": {"longest gap", "jeda terlama"}, "typical": {"typical answer", "jawaban biasa"},
		"whole": {"Whole drill", "Seluruh latihan"}, "not-recovered": {"not recovered", "belum pulih"},
		"data": {"Data", "Data"}, "when": {"When", "Kapan"}, "compared": {"Compared", "Dibandingkan"}, "transactions": {"Transactions", "Transaksi"}, "tables": {"Tables", "Tabel"},
		"before-there": {"before", "sebelum"}, "after-there": {"after the way there", "setelah pergi"}, "before-back": {"before the way back", "sebelum kembali"}, "after-back": {"after the way back", "setelah kembali"},
		"equal": {"equal", "sama"}, "differs": {"DIFFERENT", "BERBEDA"}, "not-compared": {"not compared", "tidak dibandingkan"},
		"missing": {"missing", "kurang"}, "surplus": {"surplus", "lebih"}, "no-database": {"The service has no database.", "Layanan ini tanpa basis data."},
		"resync": {"in sync again after", "sinkron lagi setelah"},
		"alerts": {"Alerts", "Peringatan"}, "no-alerts": {"None.", "Tidak ada."}, "delivered": {"delivered", "terkirim"}, "undelivered": {"NOT delivered", "TIDAK terkirim"},
		"manual": {"What people did", "Yang dikerjakan orang"}, "manual-start": {"started the drill", "memulai latihan"}, "manual-rest": {"Everything else went by itself.", "Selebihnya berjalan sendiri."},
		"history": {"Drills before", "Latihan sebelumnya"}, "this": {"this one", "yang ini"}, "no-history": {"This is the first one.", "Ini yang pertama."},
		"took-part": {"What took part", "Yang terlibat"}, "controller": {"controller", "pengendali"}, "router": {"router", "router"}, "database": {"database", "basis data"},
		"journal": {"Journal", "Jurnal"}, "verified": {"Every entry carries the hash of the one before it; the chain from %d to %d was verified when this page's report was made.", "Tiap catatan memuat hash catatan sebelumnya; rantai dari %d sampai %d telah diperiksa ketika laporan ini dibuat."},
		"broken": {"The chain of hashes could not be verified", "Rantai hash tidak dapat diperiksa"}, "dropped": {"%d entries in the middle are left out here for their number.", "%d catatan di tengah tidak dimuat karena terlalu banyak."},
		"asked-by": {"asked for by", "diminta oleh"}, "left": {"left at", "ditinggalkan di"}, "stay": {"stay", "singgah"}, "waits": {"waited", "menunggu"},
		"signature": {"Read and agreed (name, date)", "Dibaca dan disetujui (nama, tanggal)"},
		"L1":        {"L1, planned switchover", "L1, pemindahan terencana"},
		"PASS":      {"PASS", "LULUS"}, "PASS with conditions": {"PASS with conditions", "LULUS bersyarat"}, "FAIL": {"FAIL", "GAGAL"},
	}
}

// meanings are the texts of findings.
func meanings() map[Code][2]string {
	return map[Code][2]string{
		TakenBack:      {"A move was taken back.", "Satu pemindahan dibatalkan."},
		NotEnded:       {"A move had not ended in time.", "Satu pemindahan tidak selesai pada waktunya."},
		LeftAtBackup:   {"The way back was refused, and the service was left at the other server.", "Jalan kembali ditolak, dan layanan ditinggalkan di server lain."},
		MovedMeanwhile: {"Somebody else moved the service between the legs.", "Layanan dipindahkan pihak lain di antara dua langkah."},
		Interrupted:    {"The controller stopped before the end.", "Pengendali berhenti sebelum selesai."},
		RTOMissed:      {"The service was away for longer than was promised.", "Layanan terganggu lebih lama dari yang dijanjikan."},
		RPOMissed:      {"Acknowledged transactions were lost.", "Transaksi yang sudah diakui hilang."},
		NotRecovered:   {"Clients got no steady answers after a move.", "Klien tidak mendapat jawaban yang tetap setelah pemindahan."},
		DataDiffers:    {"The standby held transactions of its own.", "Server cadangan memuat transaksinya sendiri."},
		TablesDiffer:   {"Tables are not the same on both servers.", "Tabel tidak sama di kedua server."},
		JournalBroken:  {"The journal cannot prove what happened.", "Jurnal tidak dapat membuktikan yang terjadi."},
		RPOUnproven:    {"It was not proven that nothing was lost.", "Tidak terbukti bahwa tidak ada yang hilang."},
		TablesUnseen:   {"Not all tables were compared.", "Tidak semua tabel dibandingkan."},
		NoClientView:   {"Nobody looked as a client does.", "Tidak ada yang melihat sebagai klien."},
		ClientBlind:    {"Some requests could not be sent by the client's own host.", "Sebagian permintaan tidak dapat dikirim oleh host klien sendiri."},
		Unsteady:       {"Clients saw more than one outage in a move.", "Klien melihat lebih dari satu gangguan dalam satu pemindahan."},
		Between:        {"Clients saw an outage that no move explains.", "Klien melihat gangguan yang bukan karena pemindahan."},
		BackDelayed:    {"The way back was refused at first.", "Jalan kembali mula-mula ditolak."},
		NotResynced:    {"The old server was not seen in sync again in time.", "Server lama tidak terlihat sinkron lagi pada waktunya."},
		StandbyBehind:  {"The standby was behind when the data were compared.", "Server cadangan tertinggal ketika data dibandingkan."},
		EffectsFailed:  {"Some actions had to be repeated.", "Sebagian tindakan harus diulang."},
		RoutersBehind:  {"Some routers have not done all that they should.", "Sebagian router belum melakukan semua yang seharusnya."},
		HandsOn:        {"People did something during the drill.", "Ada yang dikerjakan orang selama latihan."},
		AlertsLost:     {"Alerts were not delivered.", "Peringatan tidak terkirim."},
	}
}

// means says what a finding means.
func (w wordbook) means(c Code) string {
	both, ok := meanings()[c]
	switch {
	case !ok:
		return string(c)
	case w.lang == audit.Indonesian:
		return both[1]
	}
	return both[0]
}
