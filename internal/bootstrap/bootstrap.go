// Package bootstrap writes the RouterOS script that lets this program in with no
// more rights than it needs: a group, a user bound to the controller's address, a
// certificate for api-ssl. It is pure.
package bootstrap

import (
	"fmt"
	"net/netip"
	"strings"
)

// Policies returns what the API user's group must have, and why. The page
// docs/reference/permissions.md says what breaks without each.
func Policies() []Policy {
	return []Policy{
		{"api", "logging in through the API"},
		{"read", "reading the configuration: plan, status, audit, doctor; who serves, and netwatch"},
		{"write", "changing it: apply, destroy, the lock, the dead-man guard; moving services, deleting their connections"},
		{"test", "ping as a vantage point, text messages over a modem, and what the dead-man guard's script runs"},
	}
}

// A Policy is one permission of a RouterOS group.
type Policy struct{ Name, For string }

// Script is what a router's bootstrap is made from.
type Script struct {
	Router     string
	Site       string
	User       string       // of the topology's credentials
	Address    netip.Addr   // of the router's API, for the certificate; may be invalid
	Host       string       // name or address of the router's API
	Controller netip.Prefix // where this program logs in from; invalid: anywhere
	Old        bool         // RouterOS 6: no elliptic curves in certificates
	Sensitive  bool         // the topology encrypts tunnels: read their secrets back to compare them
}

// names of what the script makes.
const (
	group       = "jembatan"
	authority   = "jembatan-ca"
	certificate = "jembatan-api"
)

// leastPassword is the shortest password that the script takes, in characters.
const leastPassword = 12

// Setup returns the script to paste into the router's terminal or to /import.
// It makes nothing twice: parts that exist make it stop with RouterOS's own
// error.
func (s *Script) Setup() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# %s: let jembatan in. Paste into a terminal, or upload and /import.", s.title())
	line("# Put a password of your own between the quotes, and the same one where the")
	line("# topology's credentials say.")
	line(":global jembatanPassword \"\"")
	line("")
	line("# 1. A group with only what is needed, and a user who may come from one place.")
	line("/user group add name=%s policy=%s", group, s.policies())
	// Pasted line by line an error stops nothing, so the user is made inside the test.
	line(":if ([:len $jembatanPassword] < %d) do={ :error \"put a password of at least %d characters in first\" } else={", leastPassword, leastPassword)
	line("  /user add name=%s group=%s password=$jembatanPassword%s comment=\"jembatan controller\"", s.User, group, s.from("address"))
	line("}")
	line(":set jembatanPassword")
	line("")
	line("# 2. A certificate for api-ssl. Signing takes a while on small routers.")
	line("/certificate add name=%s common-name=%s key-usage=key-cert-sign,crl-sign days-valid=3650 key-size=%s", authority, authority, s.key())
	line("/certificate sign %s", authority)
	line("/certificate add name=%s common-name=%s%s key-usage=digital-signature,key-encipherment,tls-server days-valid=3650 key-size=%s",
		certificate, s.Host, s.alternative(), s.key())
	line("/certificate sign %s ca=%s", certificate, authority)
	line("/ip service set api-ssl certificate=%s disabled=no%s tls-version=only-1.2", certificate, s.from("address"))
	line("")
	line("# 3. When all works over TLS, close the plaintext API (remove the #):")
	line("# /ip service set api disabled=yes")
	line("")
	line("# 4. What to put into the topology, under routers: %s: credentials:", s.Router)
	line(":put (\"tls: {fingerprint: \\\"sha256:\" . [/certificate get %s fingerprint] . \"\\\"}\")", certificate)
	return b.String()
}

// Removal returns the script that takes all of it away again.
func (s *Script) Removal() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# %s: take away what bootstrap made. Run it over another login than jembatan's.", s.title())
	line("/ip service set api-ssl certificate=none address=\"\"")
	line("/certificate remove [find name=%s]", certificate)
	line("/certificate remove [find name=%s]", authority)
	line("/user remove [find name=%s]", s.User)
	line("/user group remove [find name=%s]", group)
	return b.String()
}

func (s *Script) title() string {
	if s.Site == "" {
		return s.Router
	}
	return s.Router + " (" + s.Site + ")"
}

func (s *Script) policies() string {
	var names []string
	for _, p := range Policies() {
		names = append(names, p.Name)
	}
	if s.Sensitive {
		names = append(names, "sensitive")
	}
	return strings.Join(names, ",")
}

func (s *Script) from(property string) string {
	if !s.Controller.IsValid() {
		return ""
	}
	return " " + property + "=" + s.Controller.String()
}

func (s *Script) key() string {
	if s.Old {
		return "2048"
	}
	return "prime256v1"
}

func (s *Script) alternative() string {
	if s.Address.IsValid() {
		return " subject-alt-name=IP:" + s.Address.String()
	}
	return " subject-alt-name=DNS:" + s.Host
}
