package render

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"jembatan/failover"
	"jembatan/failover/journal"
	"jembatan/failover/runner"
	verdicts "jembatan/health"
)

// Services writes how services are as tables, as they were at now. Of one that this
// controller does not lead only who does is known; leader is empty for nobody.
func Services(w io.Writer, services []runner.Status, leader string, now time.Time, colour bool) {
	for i := range services {
		if s := &services[i]; s.Leading {
			service(w, s, now, colour)
		} else {
			fmt.Fprintf(w, "service %s: not led by this controller, it is not known here how it is; who leads: %s\n", s.Service, cmp.Or(leader, "nobody"))
		}
	}
}

func service(w io.Writer, s *runner.Status, now time.Time, colour bool) {
	fmt.Fprintf(w, "service %s: %s", s.Service, phase(s, colour))
	if s.Detail != "" {
		fmt.Fprintf(w, " (%s)", s.Detail)
	}
	fmt.Fprintf(w, ", clients are led to %s, routers %d of %d\n", s.Active, s.Routers.Reachable, s.Routers.Total)
	t := newTable(w, "server", "role", "health", "why", "data", "in sync", "writes")
	for _, x := range s.Servers {
		t.AppendRow(table.Row{
			x.Name, role(s, x.Name), verdict(x.Health, colour), dashText(string(x.Health.Reason)), data(x), age(x, s, now), writes(x, s),
		})
	}
	t.Render()
	for _, line := range remarks(s, now) {
		fmt.Fprintln(w, "  "+line)
	}
	fmt.Fprintln(w)
}

func phase(s *runner.Status, colour bool) string {
	text := s.Phase.String()
	if s.Reason != "" {
		text += " " + string(s.Reason)
	}
	if s.Move != nil {
		text += fmt.Sprintf(", %s move from %s to %s", s.Move.Kind, s.Move.From, s.Move.To)
	}
	code := green
	if s.Phase != failover.Normal {
		code = yellow
	}
	if s.Phase == failover.Held || s.Phase == failover.Forked || s.Phase == failover.Partition {
		code = red
	}
	if paint := painter(colour, code); paint != nil {
		return paint(text)
	}
	return text
}

func role(s *runner.Status, name string) string {
	if name == s.Active {
		return "active"
	}
	return "standby"
}

func verdict(e verdicts.Explanation, colour bool) string {
	text := e.Verdict.String()
	switch {
	case e.Split:
		text += ", split"
	case e.Suspect:
		text += ", suspected"
	case e.Load:
		text += ", overloaded"
	}
	code := map[verdicts.Verdict]string{verdicts.Healthy: green, verdicts.Failed: red, verdicts.Unknown: yellow}[e.Verdict]
	if e.Verdict == verdicts.Healthy && text != "healthy" {
		code = yellow
	}
	if paint := painter(colour, code); paint != nil {
		return paint(text)
	}
	return text
}

// data is how a server's data stands to the active one's.
func data(x runner.ServerStatus) string {
	if x.Active {
		return "-"
	}
	text := x.Sync.String()
	switch x.Sync {
	case failover.Lagging:
		text += fmt.Sprintf(" %d, %v", x.Behind, x.Lag.Round(time.Millisecond))
	case failover.Broken:
		if x.Code != 0 {
			text += fmt.Sprintf(" %d", x.Code)
		}
	case failover.SyncUnclear, failover.InSync, failover.SyncForked:
	}
	if x.Errant {
		text += ", errant writes"
	}
	return text
}

// age is since when a standby has not been seen in sync.
func age(x runner.ServerStatus, s *runner.Status, now time.Time) string {
	switch {
	case x.Name == s.Active:
		return "-"
	case x.SyncedAt.IsZero():
		return "never"
	}
	text := fmt.Sprintf("%v ago", now.Sub(x.SyncedAt).Round(time.Second))
	if !x.LosslessAt.IsZero() && x.LosslessAt.Equal(x.SyncedAt) {
		text += ", lossless"
	}
	return text
}

func writes(x runner.ServerStatus, s *runner.Status) string {
	switch {
	case x.Open && s.Writable != x.Name:
		return "OPEN, and must not be"
	case x.Open:
		return "open"
	}
	return "closed or not seen"
}

// remarks are what an operator has to know beside the tables.
func remarks(s *runner.Status, now time.Time) []string {
	var out []string
	say := func(yes bool, format string, args ...any) {
		if yes {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	say(!s.Leading, "this controller does not act: it is not the leader")
	say(s.Paused, "paused: no automatic moves (jembatan resume %s)", s.Service)
	say(s.Pinned, "pinned (jembatan unpin %s)", s.Service)
	for _, m := range s.Maintain {
		out = append(out, "maintenance: "+cmp.Or(m, "the whole service"))
	}
	say(s.NeedAck, "no further automatic failover until somebody has seen this: jembatan ack %s", s.Service)
	say(!s.NeedAck && len(s.Moves) > 0, "%d automatic failovers in the last day", len(s.Moves))
	say(len(s.Degraded) > 0, "routers behind, tried again until they are done: %s", strings.Join(s.Degraded, ", "))
	say(len(s.Blocked) > 0, "blocked on routers: %s", strings.Join(s.Blocked, ", "))
	for _, x := range s.Servers {
		say(x.SyncWhy != "", "data of %s: %s", x.Name, x.SyncWhy)
	}
	for _, d := range s.Owed {
		out = append(out, "owed: "+d.Kind.String()+" "+d.Server)
	}
	say(len(s.Running) > 0, "under way: %s", strings.Join(s.Running, ", "))
	say(s.Move != nil, "the move began %v ago", sinceText(s, now))
	return out
}

func sinceText(s *runner.Status, now time.Time) time.Duration {
	if s.Move == nil {
		return 0
	}
	return now.Sub(s.Move.Began).Round(time.Millisecond)
}

func dashText(s string) string { return cmp.Or(s, "-") }

// History writes entries of a service's history, a line each.
func History(w io.Writer, entries []journal.Entry) {
	for _, e := range entries {
		fmt.Fprintf(w, "%s  %5d  %s\n", e.At.UTC().Format("2006-01-02 15:04:05.000"), e.Seq, Entry(e))
	}
}

// Entry is one line on an entry of a history.
func Entry(e journal.Entry) string {
	parts := []string{fmt.Sprintf("%-8s", e.Kind)}
	switch {
	case e.Kind == journal.KindDelivery:
	case e.Outcome != nil:
		if e.Action != nil {
			parts = append(parts, e.Action.Kind.String())
		}
		parts = append(parts, e.Server, cmp.Or(string(e.Outcome.Failure), "done"), fmt.Sprintf("after %v", e.Outcome.Took.Round(100*time.Microsecond)))
		if len(e.Outcome.Routers) > 0 {
			parts = append(parts, "not: "+strings.Join(e.Outcome.Routers, ","))
		}
		parts = append(parts, e.Outcome.Detail)
	case e.Action != nil:
		parts = append(parts, e.Action.Kind.String(), e.Server)
	case e.Kind == journal.KindPhase:
		parts = append(parts, e.Phase.String(), string(e.Reason), e.Server)
	default:
		parts = append(parts, string(e.Reason), e.Server)
	}
	if e.Outcome == nil || e.Kind == journal.KindDelivery {
		parts = append(parts, e.Detail)
	}
	if e.Kind == journal.KindDelivery && e.Outcome != nil {
		parts = append(parts, e.Outcome.Detail)
	}
	if e.By != "" {
		parts = append(parts, "by "+e.By)
	}
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}
