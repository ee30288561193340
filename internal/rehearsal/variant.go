package rehearsal

import (
	"fmt"
	"strings"
	"time"

	"jembatan/examples"
)

// A Variant is the topology of examples.TwoSites with small changes. The zero
// value is NAT, MariaDB, the profile lan, no loss allowed, holding when a site is lost,
// automatic, semi-sync.
type Variant struct {
	Profile string `json:"profile"` // empty: lan
	VRRP    bool   `json:"vrrp"`    // instead of dst-nat on public addresses
	// Lease is the TTL by which a server fences itself; zero: hold when a site is
	// lost.
	Lease time.Duration `json:"lease"`
	// Loss is the allowed loss. Above zero the databases do not wait for an
	// acknowledgement of a standby.
	Loss   time.Duration `json:"loss"`
	Manual bool          `json:"manual"` // not automatic
	Pair   bool          `json:"pair"`   // two servers, without the third
	Mesh   bool          `json:"mesh"`   // every site joined with every other, not with the main one alone
	MySQL  bool          `json:"mysql"`  // instead of MariaDB
	Hold   time.Duration `json:"hold"`   // before a server is ready to return; zero: one second
}

// String names a variant in tables.
func (v Variant) String() string {
	words := []string{"nat", v.profile()}
	if v.VRRP {
		words[0] = "vrrp"
	}
	if v.MySQL {
		words = append(words, "mysql")
	}
	if v.Lease > 0 {
		words = append(words, fmt.Sprintf("lease %v", v.Lease))
	}
	if v.Loss > 0 {
		words = append(words, fmt.Sprintf("loss %v", v.Loss))
	}
	if v.Manual {
		words = append(words, "manual")
	}
	if v.Pair {
		words = append(words, "pair")
	}
	if v.Mesh {
		words = append(words, "mesh")
	}
	return strings.Join(words, " ")
}

func (v Variant) profile() string {
	if v.Profile == "" {
		return "lan"
	}
	return v.Profile
}

// Brisk reports whether failures are found within a fraction of a second, so that a
// busy machine is seen in what is measured.
func (v Variant) Brisk() bool { return v.profile() == "lan" }

// LeaseMargin is the margin of every variant's lease: the least that is allowed.
const LeaseMargin = 5 * time.Second

// Source returns the topology.
func (v Variant) Source() ([]byte, error) {
	text := string(examples.TwoSites())
	var missing error
	edit := func(from, to string) {
		if strings.Count(text, from) != 1 {
			missing = fmt.Errorf("rehearsal: the example has no single %q", from)
		}
		text = strings.Replace(text, from, to, 1)
	}
	edit("profile: metro", "profile: "+v.profile())
	hold := max(v.Hold, time.Second)
	edit("hold: 10m", "hold: "+hold.String())
	if v.Lease > 0 {
		edit("      automatic: true", fmt.Sprintf("      site_loss: lease\n      lease: {ttl: %v, margin: %v}\n      automatic: true", v.Lease, LeaseMargin))
	}
	if v.Loss > 0 {
		edit("allowed_loss: none", "allowed_loss: "+v.Loss.String())
	}
	if v.Manual {
		edit("automatic: true", "automatic: false")
	}
	if v.Pair {
		edit("      - {name: standby, address: 192.168.50.30, router: bdg}\n", "")
	}
	if v.Mesh {
		edit("    shape: hub ", "    shape: mesh ")
		edit("    hubs: [jkt]\n", "")
	}
	if v.MySQL {
		edit("engine: mariadb", "engine: mysql")
	}
	if v.VRRP {
		edit("      nat: {", "      # nat: {")
		edit("# vrrp: {", "vrrp: {")
	}
	return []byte(text), missing
}

// SemiSync reports whether writes wait for a standby.
func (v Variant) SemiSync() bool { return v.Loss == 0 }
