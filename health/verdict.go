package health

import "fmt"

// A Verdict is what is believed about a server, or about one probe of it.
type Verdict uint8

// Verdicts. Nothing follows from Unknown but waiting.
const (
	Unknown Verdict = iota
	Healthy
	Failed
)

// String returns "unknown", "healthy" or "failed".
func (v Verdict) String() string {
	switch v {
	case Unknown:
		return "unknown"
	case Healthy:
		return "healthy"
	case Failed:
		return "failed"
	}
	return fmt.Sprintf("Verdict(%d)", uint8(v))
}

// MarshalText implements encoding.TextMarshaler.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler. It refuses words that are
// no verdict.
func (v *Verdict) UnmarshalText(text []byte) error {
	for _, w := range []Verdict{Unknown, Healthy, Failed} {
		if w.String() == string(text) {
			*v = w
			return nil
		}
	}
	return fmt.Errorf("health: %q is no verdict", text)
}

// A Vote is what one vantage says about one topic: a layer of one server.
type Vote uint8

// Votes.
const (
	// Undecided: it looks, and has not seen enough.
	Undecided Vote = iota
	// Abstains: it is sick, late, or stands on the server itself. Neither a yes
	// nor a no.
	Abstains
	// NoOpinion: it does not probe that far up.
	NoOpinion
	// ForHealthy and ForFailed count.
	ForHealthy
	ForFailed
)

// String returns the word that status pages use.
func (v Vote) String() string {
	switch v {
	case Undecided:
		return "undecided"
	case Abstains:
		return "abstains"
	case NoOpinion:
		return "no-opinion"
	case ForHealthy:
		return "healthy"
	case ForFailed:
		return "failed"
	}
	return fmt.Sprintf("Vote(%d)", uint8(v))
}

// MarshalText implements encoding.TextMarshaler.
func (v Vote) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler. It refuses words that are
// no vote.
func (v *Vote) UnmarshalText(text []byte) error {
	for w := Undecided; w <= ForFailed; w++ {
		if w.String() == string(text) {
			*v = w
			return nil
		}
	}
	return fmt.Errorf("health: %q is no vote", text)
}
