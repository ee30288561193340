package notify

import (
	_ "embed"
	"fmt"
	"strings"
	"time"

	"jembatan/failover"
	"jembatan/tunnel"
)

//go:embed reference.md.tmpl
var referencePage string

// Reference is the reference page of alerts in Markdown. Its tables and examples
// are made from the code.
func Reference() string {
	at := time.Date(2026, 11, 22, 3, 56, 1, 0, time.UTC)
	a := FromAction(failover.Action{
		Service: "erp", Server: "main", Phase: failover.Suspect, Reason: failover.ServerFailed, Detail: "3 of 4 agree", Epoch: 12,
	}, at)
	letter := Mail(a, tunnel.English, Extra{Local: time.FixedZone("WIB", 7*3600)})
	return strings.NewReplacer(
		"{{reasons}}", reasonTable(),
		"{{short en}}", Short(a, tunnel.English), "{{short id}}", Short(a, tunnel.Indonesian),
		"{{subject}}", letter.Subject, "{{body}}", strings.TrimSpace(letter.Body),
		"{{states}}", stateTable(),
		"{{limit}}", fmt.Sprint(usualLimit), "{{window}}", minutes(window), "{{first}}", fmt.Sprint(firstPause),
		"{{last}}", minutes(lastPause), "{{age}}", fmt.Sprintf("%.0f hours", maxAge.Hours()),
	).Replace(referencePage)
}

func minutes(d time.Duration) string { return fmt.Sprintf("%.0f minutes", d.Minutes()) }

func reasonTable() string {
	var b strings.Builder
	b.WriteString("| reason | severity | English | Indonesian |\n|---|---|---|---|\n")
	for _, w := range wordings() {
		mark := ""
		if w.recovery {
			mark = " ✓"
		}
		fmt.Fprintf(&b, "| `%s`%s | %s | %s | %s |\n", w.reason, mark, w.severity, w.en, w.id)
	}
	return strings.TrimSpace(b.String())
}

func stateTable() string {
	var b strings.Builder
	b.WriteString("| outcome | meaning |\n|---|---|\n")
	for _, row := range []struct {
		state State
		about string
	}{
		{Delivered, "the next on the way has taken it: the mail server, the modem, the gateway"},
		{Failed, "one try of one route; another route follows at once, or a pause"},
		{Refused, "no route will ever take it for this recipient"},
		{Expired, "given up because of its age"},
		{Dropped, "given up because too many waited, or because the recipient is no longer in the topology"},
		{Repeated, "not sent: the same was said just before"},
		{Unsaved, "kept in memory only, because the disk failed; or a file of an alert cannot be read"},
	} {
		fmt.Fprintf(&b, "| `%s` | %s |\n", row.state, row.about)
	}
	return strings.TrimSpace(b.String())
}
