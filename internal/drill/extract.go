package drill

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"jembatan/failover/journal"
)

// mostEntries is how many entries a report holds, so that it stays below what
// the journal keeps of a report.
const mostEntries = 600

// extract reads the drill's part of the history, verifies its chain, and takes
// from it who was told and what people did.
func (x *run) extract(ctx context.Context) {
	all, err := x.history(ctx)
	x.r.Journal = extractOf(all, err)
	x.r.Alerts, x.r.Manual = alertsOf(all), manualOf(all, x.ID)
}

func (x *run) history(ctx context.Context) ([]journal.Entry, error) {
	var all []journal.Entry
	for after := x.first - 1; ; {
		page, err := x.Controller.History(ctx, journal.Query{After: after, Limit: pageSize})
		all = append(all, page...)
		if err != nil {
			return all, fmt.Errorf("%w: %w", errStore, err)
		}
		if len(page) < pageSize {
			return all, nil
		}
		after = page[len(page)-1].Seq
	}
}

// extractOf verifies entries as they were read, and keeps the first and the last
// of them if they are too many.
func extractOf(all []journal.Entry, err error) Extract {
	e := Extract{Entries: all}
	if err == nil {
		err = journal.Verify(all)
	}
	e.Verified = err == nil && len(all) > 0
	switch {
	case err != nil:
		e.Problem = err.Error()
	case len(all) == 0:
		e.Problem = "there are no entries"
	}
	if len(all) == 0 {
		e.Entries = []journal.Entry{}
		return e
	}
	e.First, e.Last = all[0].Seq, all[len(all)-1].Seq
	if e.Dropped = max(0, len(all)-mostEntries); e.Dropped > 0 {
		half := mostEntries / 2
		e.Entries = slices.Concat(all[:half], all[len(all)-half:])
	}
	return e
}

func alertsOf(all []journal.Entry) []Alert {
	out := []Alert{}
	for _, e := range all {
		a := Alert{At: e.At, Reason: string(e.Reason), Server: e.Server, Detail: e.Detail}
		switch e.Kind { //nolint:exhaustive // The others tell nobody.
		case journal.KindAlert:
		case journal.KindDelivery:
			a.Delivery, a.Delivered = true, e.Outcome == nil || e.Outcome.Failure == ""
			if e.Outcome != nil {
				a.ID = e.Outcome.Alert + " to " + e.Outcome.To
				a.Took, a.Detail = e.Outcome.Took, strings.TrimSpace(e.Detail+" "+e.Outcome.Detail)
			}
		default:
			continue
		}
		out = append(out, a)
	}
	return out
}

// manualOf lists the commands of people that were not the drill's own.
func manualOf(all []journal.Entry, id string) []string {
	out := []string{}
	for _, e := range all {
		switch e.Kind { //nolint:exhaustive // The others are nobody's wish.
		case journal.KindNote:
			out = append(out, "note by "+e.By+": "+e.Detail)
		case journal.KindCommand:
			verb, of, _ := strings.Cut(e.Detail, " ")
			if verb == "accept" || verb == "refuse" || strings.HasPrefix(of, id+"-") {
				continue
			}
			out = append(out, strings.TrimSpace(verb+" "+e.Server)+" by "+or(e.By, "unknown"))
		}
	}
	return out
}
