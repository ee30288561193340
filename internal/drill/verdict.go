package drill

// A Verdict is what came out.
type Verdict string

// Verdicts.
const (
	VerdictUnknown Verdict = ""
	Pass           Verdict = "PASS"
	Conditions     Verdict = "PASS with conditions"
	Fail           Verdict = "FAIL"
)

// A Code names a finding.
type Code string

// Findings that fail a drill.
const (
	TakenBack      Code = "taken-back"       // a leg was undone
	NotEnded       Code = "not-ended"        // a leg had not ended within its limit
	LeftAtBackup   Code = "left-at-backup"   // the gate did not agree to the way back
	MovedMeanwhile Code = "moved-meanwhile"  // somebody else moved it between the legs
	Interrupted    Code = "interrupted"      // the controller was stopped, or lost the lead or its store
	RTOMissed      Code = "rto-missed"       //
	RPOMissed      Code = "rpo-missed"       // transactions were lost
	NotRecovered   Code = "not-recovered"    // clients through an address
	DataDiffers    Code = "data-differs"     // by transactions, before anything was moved
	TablesDiffer   Code = "tables-differ"    // by checksums
	JournalBroken  Code = "journal-unproven" // the chain of its hashes is not whole
)

// Findings that are conditions: what was not proven, or went by itself only in
// part.
const (
	RPOUnproven   Code = "rpo-unproven"
	TablesUnseen  Code = "tables-not-compared"
	NoClientView  Code = "no-client-view"
	ClientBlind   Code = "client-trouble" // its own host could not send some requests
	Unsteady      Code = "unsteady"       // more than one outage in a leg
	Between       Code = "outage-between" // outside of the moves; it fails when it is longer than the promise
	BackDelayed   Code = "way-back-delayed"
	NotResynced   Code = "not-resynced"
	StandbyBehind Code = "standby-behind"
	EffectsFailed Code = "effects-repeated" // some had to be tried again
	RoutersBehind Code = "routers-behind"
	HandsOn       Code = "manual-steps"
	AlertsLost    Code = "alerts-undelivered"
)

// A Finding is something that keeps a drill from passing without a word.
type Finding struct {
	Code   Code   `json:"code"`
	Fails  bool   `json:"fails"` // otherwise it is a condition
	About  string `json:"about,omitempty"`
	Advice string `json:"advice,omitempty"`
}

// verdictOf is the worst of all findings.
func verdictOf(findings []Finding) Verdict {
	v := Pass
	for _, f := range findings {
		if f.Fails {
			return Fail
		}
		v = Conditions
	}
	return v
}
