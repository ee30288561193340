package notify

import (
	"slices"

	"jembatan/failover"
	"jembatan/tunnel"
)

// A wording is what is said about a reason. Texts are of GSM-7 and at most 60
// characters, so that they fit into a text message.
type wording struct {
	reason   failover.Reason
	severity tunnel.Severity
	recovery bool // it ends something: never held back as a repetition
	en, id   string
}

const (
	info     = tunnel.SeverityInfo
	warning  = tunnel.SeverityWarning
	critical = tunnel.SeverityCritical
)

// wordings has every reason of package failover, and those of this package, the most
// urgent first.
func wordings() []wording { return slices.Concat(criticals(), warnings(), infos()) }

// criticals are what wakes people.
func criticals() []wording {
	return []wording{
		{failover.ServerFailed, critical, false, "the server has failed", "server gagal"},
		{failover.MoveStarted, critical, false, "the service is being moved to it", "layanan sedang dipindahkan ke server ini"},
		{failover.TwoWriters, critical, false, "open for writes though it must not be", "menerima tulisan padahal tidak boleh"},
		{failover.ForkFound, critical, false, "its data has parted from the active server's", "datanya bercabang dari server aktif"},
		{failover.ReplicationLost, critical, false, "the data of a standby does not follow", "data server cadangan tidak mengikuti"},
		{failover.Astray, critical, false, "routers lead clients elsewhere, though they were set", "router mengarah ke server lain, padahal sudah diatur"},
		{failover.TwoMasters, critical, false, "two routers hold the virtual address", "dua router memegang alamat virtual"},
		{failover.AcksWaived, critical, false, "no standby acknowledges: new writes are on one server only", "tanpa konfirmasi cadangan: data baru di satu server saja"},
		{failover.LeaseLost, critical, false, "the controller lost the right to act", "pengendali kehilangan hak bertindak"},
		{failover.SiteHold, critical, false, "held: it cannot be reached to be fenced", "ditahan: tak terjangkau untuk diisolasi"},
		{failover.Fencing, critical, false, "held: it may still be written to", "ditahan: mungkin masih menerima tulisan"},
		{failover.UndoFailed, critical, false, "the old server cannot be opened again", "server lama tidak dapat dibuka kembali"},
		{failover.TargetLost, critical, false, "the new server failed during the move", "server baru gagal saat pemindahan"},
		{failover.Draining, critical, false, "held: the new server has not applied all data", "ditahan: server baru belum menerapkan semua data"},
		{failover.PromoteFailed, critical, false, "the new server cannot be opened for writes", "server baru tidak dapat dibuka untuk tulisan"},
		{failover.RoutersMissing, critical, false, "some routers still lead to the old server", "sebagian router masih ke server lama"},
		{failover.VerifyFailed, critical, false, "it does not answer at the public address", "tidak menjawab di alamat publik"},
		{failover.TargetForked, critical, false, "each side holds what the other lacks", "tiap sisi punya data yang tak ada di lainnya"},
		{failover.ErrantWrites, critical, false, "a standby holds writes of its own", "server cadangan punya tulisan sendiri"},
		{failover.TargetErrant, critical, false, "no move: the target holds writes of its own", "tidak pindah: tujuan punya tulisan sendiri"},
		{failover.NoCandidate, critical, false, "no move: there is no other server", "tidak pindah: tidak ada server lain"},
		{failover.TargetFailed, critical, false, "no move: the target has failed too", "tidak pindah: tujuan juga gagal"},
		{failover.TargetUnknown, critical, false, "no move: the target's health is not known", "tidak pindah: kesehatan tujuan tidak diketahui"},
		{failover.TargetBroken, critical, false, "no move: the target's replication is broken", "tidak pindah: replikasi tujuan rusak"},
		{failover.TargetLagging, critical, false, "no move: the target is behind", "tidak pindah: tujuan tertinggal"},
		{failover.TargetBusy, critical, false, "no move: the target is overloaded", "tidak pindah: tujuan kelebihan beban"},
		{failover.TargetInMaint, critical, false, "no move: the target is in maintenance", "tidak pindah: tujuan dalam pemeliharaan"},
		{failover.SyncUnknown, critical, false, "no move: the target was never seen in sync", "tidak pindah: tujuan belum pernah sinkron"},
		{failover.SyncTooOld, critical, false, "no move: the last look at its data is too old", "tidak pindah: pemeriksaan datanya terlalu lama"},
		{failover.LossTooGreat, critical, false, "no move: more would be lost than is allowed", "tidak pindah: kehilangan data melebihi batas"},
		{failover.WriteTestMissing, critical, false, "no move: no test write on the target succeeded", "tidak pindah: uji tulis di tujuan belum berhasil"},
		{failover.RoutersUnreached, critical, false, "no move: most routers cannot be told", "tidak pindah: sebagian besar router tak terjangkau"},
		{failover.BlockTimer, critical, false, "no move: one was made less than an hour ago", "tidak pindah: baru pindah kurang dari sejam lalu"},
		{failover.DayLimit, critical, false, "no move: too many today, waits for a person", "tidak pindah: batas harian, menunggu petugas"},
		{failover.Paused, critical, false, "no move: automatic moves are paused", "tidak pindah: perpindahan otomatis dijeda"},
		{failover.ManualOnly, critical, false, "no move: the policy leaves it to a person", "tidak pindah: kebijakan menunggu petugas"},
		{failover.Pinned, critical, false, "no move: the service is pinned", "tidak pindah: layanan dikunci di tempatnya"},
		{failover.NotLeader, critical, false, "no move: this controller does not lead", "tidak pindah: pengendali ini tidak memimpin"},
		{failover.Superseded, critical, false, "another controller has taken over", "pengendali lain telah mengambil alih"},
	}
}

// warnings are what somebody should look at in the day.
func warnings() []wording {
	return []wording{
		{failover.DatabaseRestarted, warning, false, "its database was restarted before any probe noticed", "basis datanya dimulai ulang tanpa terlihat pengamat"},
		{failover.ServerSuspect, warning, false, "somebody says that the server has failed", "ada yang melaporkan server gagal"},
		{failover.Partitioned, warning, false, "some cannot reach it, its users can", "sebagian tak menjangkau, pengguna masih bisa"},
		{failover.LoadOnly, warning, false, "the server answers slowly", "server lambat menjawab"},
		{failover.LeaseRunning, warning, false, "waits until the old server has fenced itself", "menunggu server lama mengisolasi diri"},
		{failover.SourceNotHealthy, warning, false, "no planned move: the old server is not well", "tidak pindah: server lama tidak sehat"},
		{failover.TooLate, warning, false, "the move cannot be taken back any more", "pemindahan tidak dapat dibatalkan lagi"},
		{failover.Cancelled, warning, false, "an operator cancelled the move", "petugas membatalkan pemindahan"},
		{failover.FencedByPerson, warning, false, "a person confirmed that it cannot write", "petugas memastikan server tak dapat menulis"},
		{failover.MoveUndone, warning, true, "the move was taken back", "pemindahan dibatalkan"},
	}
}

// infos are good news, and what came of a command.
func infos() []wording {
	return []wording{
		{failover.ReplicationBack, info, true, "the data of a standby follows again", "data server cadangan mengikuti lagi"},
		{failover.ServerBack, info, true, "the server is back", "server pulih"},
		{failover.SourceBack, info, true, "the old server recovered, it is not moved", "server lama pulih, tidak jadi pindah"},
		{failover.MoveDone, info, true, "the service has been moved to it", "layanan sudah dipindahkan ke server ini"},
		{failover.AcksRequired, info, true, "writes wait for a standby again", "penulisan kembali menunggu server cadangan"},
		{failover.OneMaster, info, true, "one router alone holds the virtual address again", "hanya satu router memegang alamat virtual lagi"},
		{failover.Repaired, info, true, "all routers are right again", "semua router sudah benar lagi"},
		{failover.ReadyToReturn, info, true, "the service may return to it", "layanan boleh kembali ke server ini"},
		{failover.InMaintenance, info, false, "in maintenance", "dalam pemeliharaan"},
		{failover.AlreadyMoving, info, false, "a move is under way", "pemindahan sedang berjalan"},
		{failover.AlreadyThere, info, false, "that server is active already", "server itu sudah aktif"},
		{failover.NoSuchServer, info, false, "there is no such server", "tidak ada server itu"},
		{failover.NothingToDo, info, false, "there is nothing to do", "tidak ada yang perlu dilakukan"},
		{failover.NotReady, info, false, "no server is ready to be returned to", "belum ada server yang siap untuk kembali"},
		{failover.NotFencing, info, false, "no fence of that server is waited for", "tidak ada isolasi server itu yang ditunggu"},
		{Heartbeat, info, false, "the regular test: alerts arrive", "uji rutin: peringatan sampai"},
		{Test, info, false, "a test: alerts arrive", "uji coba: peringatan sampai"},
	}
}

// wordsOf never fails: a reason without words is critical and stands for itself.
func wordsOf(r failover.Reason) wording {
	for _, w := range wordings() {
		if w.reason == r {
			return w
		}
	}
	return wording{reason: r, severity: critical, en: string(r), id: string(r)}
}

func (w wording) in(l tunnel.Language) string {
	if l == tunnel.Indonesian {
		return w.id
	}
	return w.en
}

// severityWord is short, for text messages.
func severityWord(s tunnel.Severity, l tunnel.Language) string {
	switch s {
	case tunnel.SeverityCritical:
		if l == tunnel.Indonesian {
			return "KRITIS"
		}
		return "CRITICAL"
	case tunnel.SeverityWarning:
		if l == tunnel.Indonesian {
			return "AWAS"
		}
		return "WARNING"
	case tunnel.SeverityInfo, tunnel.SeverityUnknown:
	}
	return "INFO"
}
