package rehearsal

import (
	"fmt"
	"strings"

	"jembatan/failover/journal"
)

// lines writes a history for people, a line for each entry.
func lines(history []journal.Entry) []string {
	var out []string
	for i := range history {
		e := &history[i]
		words := []string{e.At.UTC().Format("15:04:05.000"), e.Kind.String()}
		switch {
		case e.Outcome != nil && e.Action != nil:
			failure := string(e.Outcome.Failure)
			if failure == "" {
				failure = "done"
			}
			words = append(words, e.Action.Kind.String(), e.Server, failure, fmt.Sprintf("after %v", e.Outcome.Took.Round(100_000)), e.Outcome.Detail)
		case e.Action != nil:
			words = append(words, e.Action.Kind.String(), e.Server, e.Detail)
		default:
			words = append(words, e.Phase.String(), string(e.Reason), e.Server, e.Detail)
		}
		out = append(out, strings.Join(strings.Fields(strings.Join(words, " ")), " "))
	}
	return out
}
