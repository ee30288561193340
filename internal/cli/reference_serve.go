package cli

import (
	"encoding/json"
	"fmt"
	"strings"

	"jembatan/internal/api"
	"jembatan/internal/metrics"
)

// apiPage describes the controller's socket.
func apiPage() string {
	var b strings.Builder
	b.WriteString(generated)
	b.WriteString("# The controller's socket\n\n`jembatan serve` answers HTTP with JSON on a Unix socket (setting `serve.socket`); the commands use the same.\n" +
		"The file's permissions say who may: owner and group. Who asked stands in the history, as the kernel names it.\n" +
		"The path begins with the version; within one, fields are added and none change their meaning.\n" +
		"Times are RFC 3339 in UTC, durations of replies are nanoseconds.\n\n" +
		"```sh\ncurl --unix-socket /var/lib/jembatan/controller.sock http://controller/v1/status\n```\n\n" +
		"| request | what it does |\n| --- | --- |\n")
	for _, r := range api.Routes() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", r[0], r[1])
	}
	b.WriteString("\n## Bodies\n\n")
	for _, body := range []struct {
		about string
		value any
	}{
		{"a command", api.CommandRequest{Verb: "force", Server: "backup", AcceptLoss: "30s"}},
		{"its reply; a refusal is answered with 409 and its reason's name", api.CommandReply{Reason: "target-lagging", Detail: "12 transactions, 1.2s"}},
		{"a drill", api.DrillRequest{To: "backup", Stay: "30s"}},
		{"its reply, with 202, or 409 and a reason", api.DrillReply{ID: "20260102T030405Z"}},
		{"every other error: 400 bad request, 404 no such service or drill, 500", api.Problem{Error: "no such service"}},
	} {
		text, err := json.Marshal(body.value)
		if err != nil {
			panic(err) // Plain data.
		}
		fmt.Fprintf(&b, "- %s: `%s`\n", body.about, text)
	}
	return b.String()
}

// metricsPage lists the metrics.
func metricsPage() string {
	var b strings.Builder
	b.WriteString(generated)
	b.WriteString("# Metrics\n\n`jembatan serve` shows these at `/metrics` of the address that the setting `serve.metrics` names, in the text form of\n" +
		"Prometheus, beside the usual ones of a Go process. All are gauges. Nothing secret is among them.\n\n" +
		"| metric | labels | meaning |\n| --- | --- | --- |\n")
	for _, m := range metrics.Table() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", m.Name, strings.Join(m.Labels, ", "), m.About)
	}
	return b.String()
}
