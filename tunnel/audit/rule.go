package audit

import (
	"fmt"
	"slices"
	"strings"
)

// A Severity says how bad a finding is.
type Severity uint8

// Severities, from least to most.
const (
	SeverityUnknown Severity = iota
	Info
	Low      // hygiene
	Medium   // will hurt under a fault or a change
	High     // a promise of failover or security is broken
	Critical // a service or layer 2 at risk now, or a break-in
)

// Severities returns all severities, worst first.
func Severities() []Severity { return []Severity{Critical, High, Medium, Low, Info} }

// String returns the word that reports and flags use.
func (s Severity) String() string {
	switch s {
	case Info:
		return "info"
	case Low:
		return "low"
	case Medium:
		return "medium"
	case High:
		return "high"
	case Critical:
		return "critical"
	case SeverityUnknown:
	}
	return "unknown"
}

// Text returns the word in both languages.
func (s Severity) Text() Text {
	switch s {
	case Info:
		return say("info", "info")
	case Low:
		return say("low", "rendah")
	case Medium:
		return say("medium", "sedang")
	case High:
		return say("high", "tinggi")
	case Critical:
		return say("critical", "kritis")
	case SeverityUnknown:
	}
	return say("unknown", "tidak diketahui")
}

// ParseSeverity reads a word of String.
func ParseSeverity(word string) (Severity, error) {
	for _, s := range Severities() {
		if s.String() == word {
			return s, nil
		}
	}
	return SeverityUnknown, fmt.Errorf("%q is no severity: critical, high, medium, low or info", word)
}

// MarshalText implements encoding.TextMarshaler.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Severity) UnmarshalText(text []byte) error {
	v, err := ParseSeverity(string(text))
	*s = v
	return err
}

// weight is what a check of this severity counts in the score. Assumed.
func (s Severity) weight() int {
	switch s {
	case Critical:
		return 10
	case High:
		return 5
	case Medium:
		return 2
	case Low:
		return 1
	case Info, SeverityUnknown:
	}
	return 0
}

// A Rule is one check. Exactly one of its functions is set.
type Rule struct {
	ID       string
	Severity Severity
	Title    Text
	Why      Text
	Looks    string // the menus and properties that it looks at
	Fix      Text   // what to do, in general; a finding has the commands
	Ref      string // where the claim comes from
	Control  string // ISO/IEC 27001:2022 Annex A, or empty
	// Needs are menus that must be known at every end; else the check is
	// unknown there.
	Needs []string
	// Live says that the rule needs states and counters, which exports lack.
	Live bool

	tunnel func(n *Network, t *Tunnel) verdict
	router func(n *Network, r *Router) verdict
	whole  func(n *Network) verdict
}

// Area is the part of the id before the dash.
func (r *Rule) Area() string {
	area, _, _ := strings.Cut(r.ID, "-")
	return area
}

// AreaTitle names an area.
func AreaTitle(area string) Text {
	switch area {
	case "PAIR":
		return say("Pairing", "Pasangan ujung")
	case "IDN":
		return say("Identity", "Identitas")
	case "LIVE":
		return say("Liveness", "Keaktifan")
	case "MTU":
		return say("MTU", "MTU")
	case "L2":
		return say("Layer 2 safety", "Keamanan lapis 2")
	case "CRY":
		return say("Encryption", "Enkripsi")
	case "HYG":
		return say("Hygiene", "Kerapian")
	case "MGMT":
		return say("Management plane", "Bidang manajemen")
	case "COMP":
		return say("Signs of compromise", "Tanda kompromi")
	case "VER":
		return say("Versions", "Versi")
	case "HA":
		return say("High availability", "Ketersediaan tinggi")
	case "COV":
		return say("Coverage", "Cakupan")
	}
	return say(area, area)
}

// A verdict is what a rule says of one subject. The zero value is that the rule
// does not apply to it.
type verdict struct {
	checked bool
	unknown Text
	hits    []hit
}

// A hit is one thing that a rule found.
type hit struct {
	severity Severity // zero: the rule's own
	subject  string   // zero: the tunnel's or router's
	say      Text
	routers  []string // zero: the tunnel's or router's
	evidence []Evidence
	fix      []Command
}

// Evidence is one fact: what stands where.
type Evidence struct {
	Router string `json:"router"`
	Menu   string `json:"menu"`
	Item   string `json:"item,omitempty"`
	Field  string `json:"field"`
	Value  Text   `json:"value"`
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
}

// A Command is a line to review and run on a router. "<x>" in it is a
// placeholder.
type Command struct {
	Router string `json:"router"`
	Line   string `json:"line"`
}

// fine says that the rule was checked and found nothing.
func fine() verdict { return verdict{checked: true} }

// none says that the rule does not apply.
func none() verdict { return verdict{} }

// unclear says that it cannot be told, and why.
func unclear(why Text) verdict { return verdict{unknown: why} }

// bad says what is wrong.
func bad(hits ...hit) verdict { return verdict{checked: true, hits: hits} }

// perhaps is bad when there are hits, else fine.
func perhaps(hits []hit) verdict { return verdict{checked: true, hits: hits} }

// fact makes evidence from a row's property as it stands, or its default.
func (r *Router) fact(menu string, row *Row, field string) Evidence {
	value := row.Get(field)
	if field == "disabled" && value == "" {
		value = "no"
	}
	switch value { // As consoles and exports spell it, whatever the API says.
	case "true":
		value = "yes"
	case "false":
		value = "no"
	}
	shown := say(value, value)
	switch {
	case secretField(menu, field):
		shown = shownSeal(value)
	case value == "":
		shown = say("not set", "tidak diatur")
	case r.Source.Kind == Export && !row.Has(field):
		shown = say("%s (default)", "%s (bawaan)", value)
	}
	return r.note(menu, row, field, shown)
}

// note makes evidence with a value of the rule's own words.
func (r *Router) note(menu string, row *Row, field string, value Text) Evidence {
	e := Evidence{Router: r.Name, Menu: menu, Field: field, Value: value}
	if row != nil {
		e.Item = row.label()
		if secretField(menu, "name") {
			e.Item = ""
		}
		e.Line = row.Line
	}
	if r.Source.Kind == Export {
		e.File = r.Source.Where
	}
	return e
}

// fact makes evidence of an end's EoIP property.
func (e *End) fact(field string) Evidence { return e.Router.fact(MenuEoIP, e.Row, field) }

// facts makes the same evidence of all ends.
func (t *Tunnel) facts(fields ...string) []Evidence {
	var out []Evidence
	for _, e := range t.ends() {
		for _, f := range fields {
			out = append(out, e.fact(f))
		}
	}
	return out
}

// run makes a command for a router.
func (r *Router) run(format string, args ...any) Command {
	return Command{r.Name, fmt.Sprintf(format, args...)}
}

// set makes a command that sets properties of the end.
func (e *End) set(props string) Command {
	return e.Router.run("/interface/eoip/set [find name=%s] %s", word(e.Name), props)
}

// setBoth makes that command for all ends.
func (t *Tunnel) setBoth(props string) []Command {
	var out []Command
	for _, e := range t.ends() {
		out = append(out, e.set(props))
	}
	return out
}

// word quotes a name for a command where that is needed.
func word(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_.:/*", r)
	}) {
		return s
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`, "\n", `\n`, "\r", `\r`).Replace(s) + `"`
}

// Rules returns every rule in the order of the catalogue.
func Rules() []Rule {
	return slices.Concat(
		pairRules(), identityRules(), liveRules(), mtuRules(), layer2Rules(), cryptoRules(), hygieneRules(),
		managementRules(), compromiseRules(), versionRules(), availabilityRules(), natRules(), coverageRules(),
	)
}
