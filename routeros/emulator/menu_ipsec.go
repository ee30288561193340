package emulator

import "time"

// dynamicIDs is where the ids of rows that follow from tunnels begin.
const dynamicIDs = 0x10000000

// ipsecMenus are /ip/ipsec. Nothing is negotiated: the tables are stored and
// checked.
func ipsecMenus() []*menu {
	return []*menu{profileMenu(), proposalMenu(), peerMenu(), identityMenu(), policyMenu()}
}

func isDefault() prop {
	return ro("default", func(_ *Device, r *row) (string, bool) { return boolText(r.id == 0 || r.id == 0xFFFFFFFE), true }).ifTrue()
}

func keepDefault(_ *Device, r *row) error {
	if r.id == 0 || r.id == 0xFFFFFFFE {
		return failure("cannot remove builtin")
	}
	return nil
}

func profileMenu() *menu {
	return &menu{
		path: "ip/ipsec/profile", key: "name", clash: nameClash, firstID: 0xA, removable: keepDefault,
		rows: func(v Version) []seed {
			interval, failures := "2m", "5"
			if v.AtLeast(7, 17) {
				interval, failures = "8s", "4" // A fresh installation; upgraded routers keep 2m × 5.
			}
			return []seed{{0, []string{"name", "default", "dpd-interval", interval, "dpd-maximum-failures", failures}}}
		},
		props: []prop{
			p("name", nonEmpty()).must(),
			p("hash-algorithm", enum("md5", "sha1", "sha256", "sha384", "sha512")).def("sha1"),
			p("prf-algorithm", enum("auto", "sha1", "sha256", "sha384", "sha512")).since(700),
			p("enc-algorithm", flags("aes-256", "aes-192", "aes-128", "3des", "des")).def("aes-128,3des"),
			p("dh-group", flags("x25519", "ecp256", "ecp384", "ecp521", "modp8192", "modp6144", "modp4096", "modp3072", "modp2048",
				"modp1536", "modp1024", "modp768")).def("modp2048,modp1024"),
			p("lifetime", anyDuration()).def("1d"), p("lifebytes", num(0, 4294967295)),
			p("proposal-check", enum("claim", "exact", "obey", "strict")).def("obey"),
			p("nat-traversal", boolean()).def("true"),
			p("dpd-interval", word(dur(0, time.Hour), "disable-dpd")).def("2m").defFrom(717, "8s"),
			p("dpd-maximum-failures", num(1, 100)).def("5").defFrom(717, "4"),
			p("ppk", enum("no", "psk", "psk-ike-initial", "qkd")).since(721), isDefault(),
		},
	}
}

func proposalMenu() *menu {
	return &menu{
		path: "ip/ipsec/proposal", key: "name", clash: nameClash, firstID: 1, removable: keepDefault,
		rows: func(Version) []seed { return []seed{{0, []string{"name", "default"}}} },
		props: []prop{
			p("name", nonEmpty()).must(),
			p("auth-algorithms", flags("sha512", "sha256", "sha1", "md5", "null")).def("sha1"),
			p("enc-algorithms", flags("null", "des", "3des", "chacha20poly1305", "aes-256-cbc", "aes-256-ctr", "aes-256-gcm", "camellia-256",
				"aes-192-cbc", "aes-192-ctr", "aes-192-gcm", "camellia-192", "aes-128-cbc", "aes-128-ctr", "aes-128-gcm", "camellia-128",
				"blowfish", "twofish")).def("aes-256-cbc,aes-192-cbc,aes-128-cbc"),
			p("lifetime", anyDuration()).def("30m"),
			p("pfs-group", enum("none", "ecp256", "ecp384", "ecp521", "modp768", "modp1024", "modp1536", "modp2048", "modp3072",
				"modp4096", "modp6144", "modp8192", "x25519")).def("modp1024"),
			isDefault(), disabled(), comment(),
		},
	}
}

func peerMenu() *menu {
	return &menu{
		path: "ip/ipsec/peer", view: peerRows, key: "name", autoName: "peer", clash: nameClash, firstID: 1,
		check: func(d *Device, _, after *row) error {
			for _, r := range d.table(after.menu).rows {
				if r.id != after.id && after.has("address") && r.get("address") == after.get("address") &&
					r.get("local-address") == after.get("local-address") && !r.is("disabled") && !after.is("disabled") {
					return failure("Multiple initiator peers for the same address")
				}
			}
			return nil
		},
		props: []prop{
			p("name", text()), p("address", ipsecAddress()), p("local-address", ip()), p("port", num(0, 65535)),
			p("profile", ref("ip/ipsec/profile")).or(func(*Device, *row) (string, bool) { return "default", true }),
			p("exchange-mode", enum("main", "base", "aggressive", "ike2")).def("main"),
			p("passive", boolean()), p("send-initial-contact", boolean()).def("true"),
			p("ppk-secret", text()).sensitive().since(721),
			never("responder").ifTrue(), dynamic(), disabled(), comment(),
		},
	}
}

// ipsecAddress takes a prefix of a peer or, in newer releases, a name.
func ipsecAddress() kind {
	return kind{parse: func(a arg, s string) (string, error) {
		if v, err := fullNetwork().parse(a, s); err == nil {
			return v, nil
		}
		return host().parse(a, s)
	}}
}

func identityMenu() *menu {
	return &menu{
		path: "ip/ipsec/identity", view: identityRows, firstID: 1,
		props: []prop{
			p("peer", ref("ip/ipsec/peer")).must(),
			p("auth-method", enum("pre-shared-key", "digital-signature", "eap", "eap-radius", "pre-shared-key-xauth", "rsa-key", "rsa-signature-hybrid")).def("pre-shared-key"),
			p("secret", text()).def("").sensitive(),
			p("generate-policy", enum("no", "port-override", "port-strict")).def("no"),
			p("certificate", list(word(ref("certificate"), "none"))), p("remote-certificate", word(ref("certificate"), "none")),
			p("key", text()), p("remote-key", text()), p("eap-methods", flags("eap-mschapv2", "eap-peap", "eap-tls", "eap-ttls")),
			p("match-by", enum("certificate", "remote-id")), p("mode-config", text()), p("my-id", text()), p("remote-id", text()),
			p("notrack-chain", text()), p("policy-template-group", text()), p("username", text()), p("password", text()).sensitive(),
			dynamic(), disabled(), comment(),
		},
	}
}

func policyMenu() *menu {
	return &menu{
		path: "ip/ipsec/policy", view: policyRows, ordered: true, firstID: 0x1000001, removable: keepDefault,
		rows: func(Version) []seed {
			return []seed{{0xFFFFFFFE, []string{"template", "true", "group", "default", "src-address", "::/0", "dst-address", "::/0"}}}
		},
		props: []prop{
			p("peer", ref("ip/ipsec/peer")), p("tunnel", boolean()).def("false"), p("template", boolean()), p("group", text()),
			p("src-address", fullNetwork()).def("::/0"), p("src-port", word(num(0, 65535), "any")).def("any"),
			p("dst-address", fullNetwork()).def("::/0"), p("dst-port", word(num(0, 65535), "any")).def("any"),
			p("protocol", word(ipProtocol(), "all")).def("all"), p("action", enum("encrypt", "discard", "none")).def("encrypt"),
			p("level", enum("require", "unique", "use")).def("require"), p("ipsec-protocols", enum("ah", "esp")).def("esp"),
			p("sa-src-address", ip()), p("sa-dst-address", ip()),
			p("proposal", ref("ip/ipsec/proposal")).or(func(*Device, *row) (string, bool) { return "default", true }),
			fixed("ph2-count", "0"), fixed("ph2-state", "no-phase2"), never("active"), never("invalid"),
			isDefault(), dynamic(), disabled(), comment(),
		},
	}
}

// secretTunnels returns the enabled tunnels that have an ipsec-secret: each
// makes a peer, an identity and a policy.
func (d *Device) secretTunnels() []*row {
	var out []*row
	for _, r := range d.rowsOf("interface/eoip") {
		if r.has("ipsec-secret") && !r.is("disabled") {
			out = append(out, r)
		}
	}
	return out
}

// withDynamic returns the stored rows of a menu and one for each tunnel with a
// secret.
func (d *Device) withDynamic(path string, words func(tunnel *row) []string) []*row {
	m := d.schema.menus[path]
	rows := d.table(m).rows
	for i, t := range d.secretTunnels() {
		if i == 0 {
			rows = append([]*row(nil), rows...)
		}
		r := newRow(m, dynamicIDs|t.id, words(t)...)
		r.dynamic = true
		rows = append(rows, r)
	}
	return rows
}

func peerRows(d *Device) []*row {
	return d.withDynamic("ip/ipsec/peer", func(t *row) []string {
		return []string{"name", t.name(), "address", t.get("remote-address") + "/32", "profile", "*0"}
	})
}

func identityRows(d *Device) []*row {
	return d.withDynamic("ip/ipsec/identity", func(t *row) []string {
		return []string{"peer", t.name(), "secret", t.get("ipsec-secret")}
	})
}

func policyRows(d *Device) []*row {
	return d.withDynamic("ip/ipsec/policy", func(t *row) []string {
		local := t.get("local-address")
		return []string{"peer", t.name(), "src-address", local + "/32", "dst-address", t.get("remote-address") + "/32", "protocol", "gre"}
	})
}
