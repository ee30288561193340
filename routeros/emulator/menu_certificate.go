package emulator

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"
)

// certificateMenus is /certificate: requests can be added and signed. No key is
// made: the row looks signed, and the TLS certificate of a Server is its own.
func certificateMenus() []*menu {
	usage := flags("digital-signature", "content-commitment", "key-encipherment", "data-encipherment", "key-agreement",
		"key-cert-sign", "crl-sign", "encipher-only", "decipher-only", "tls-server", "tls-client",
		"code-sign", "email-protect", "timestamp", "ocsp-sign", "dvcs")
	return []*menu{{
		path: "certificate", key: "name", autoName: "cert", clash: nameClash,
		verbs: map[string]verb{
			"sign": signCertificate, "import": refuseByName, "export-certificate": refuseByName,
			"create-certificate-request": refuseByName,
		},
		props: []prop{
			p("name", text()), p("common-name", text()), p("country", textUpTo(2)), p("state", text()), p("locality", text()),
			p("organization", text()), p("unit", text()), p("subject-alt-name", text()),
			p("key-size", enum("1024", "1536", "2048", "4096", "8192", "prime256v1", "secp384r1", "secp521r1")).def("2048"),
			p("days-valid", num(1, 36500)).def("365"),
			p("digest-algorithm", enum("md5", "sha1", "sha256", "sha384", "sha512")).def("sha256"),
			p("key-usage", usage).def("digital-signature,key-encipherment,data-encipherment,key-cert-sign,crl-sign,tls-server,tls-client"),
			p("trusted", boolean()), p("trust-store", text()).since(721),
			kept("private-key"), kept("authority"), kept("ca"), kept("fingerprint"), kept("invalid-before"), kept("invalid-after"),
			never("crl"), never("expired").ifTrue(), never("revoked").ifTrue(),
		},
	}}
}

// signCertificate is /certificate/sign.
func signCertificate(c *call) error {
	if err := c.need(mayRead | mayWrite); err != nil {
		return err
	}
	name, ok := c.req.take("number", ".id", "numbers")
	if !ok {
		return missingValues([]string{"number"})
	}
	issuer, signed := c.req.take("ca")
	c.req.take("ca-crl-host", "ca-on-smart-card", "once", "duration", "interval", "name")
	if err := c.req.none(); err != nil {
		return err
	}
	r := c.d.find(c.menu, name)
	if r == nil {
		return noSuchItem()
	}
	if r.has("fingerprint") {
		return failure("certificate is already signed")
	}
	if signed {
		ca := c.d.find(c.menu, issuer)
		if ca == nil {
			return noMatch("ca")
		}
		issuer = ca.name()
	}
	days, _ := strconv.Atoi(r.get("days-valid"))
	now := time.Now().UTC()
	sum := sha256.Sum256([]byte(c.d.name + idText(r.id) + now.String()))
	set := func(name, v string) { r = r.withValue(name, v) }
	old := r
	set("private-key", "true")
	set("authority", boolText(!signed))
	if signed {
		set("ca", issuer)
	}
	set("fingerprint", hex.EncodeToString(sum[:]))
	set("invalid-before", formatTime(c.d.version, now))
	set("invalid-after", formatTime(c.d.version, now.AddDate(0, 0, days)))
	c.d.replace(old, r)
	c.rows = append(c.rows, []pair{{"progress", "done"}})
	return nil
}
