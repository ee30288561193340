package cli

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"jembatan/internal/config"
)

// generated is the first line of every page that is made from the code.
const generated = "<!-- Made from the code by `make docs`; a test fails when it is stale. -->\n\n"

// Reference returns the reference pages that are made from the commands and the
// settings, by their path below docs/reference.
func Reference() map[string]string {
	return map[string]string{
		"cli.md":        commandPage(newRoot(Env{})),
		"settings.md":   settingsPage(),
		"exit-codes.md": exitPage(),
		"api.md":        apiPage(),
		"metrics.md":    metricsPage(),
	}
}

func commandPage(root *cobra.Command) string {
	var b strings.Builder
	b.WriteString(generated)
	b.WriteString("# Commands\n\n" + root.Long + "\n\n")
	b.WriteString("`-f` names the topology. `NO_COLOR` and a pipe turn colour and progress off. Errors go to standard error.\n" +
		"Ctrl-C stops cleanly. Secrets never come from arguments.\n\n## For every command\n\n")
	flagTable(&b, root.PersistentFlags())
	commands(&b, root)
	return b.String()
}

// commands writes of each command below parent, and of those below it in turn.
func commands(b *strings.Builder, parent *cobra.Command) {
	for _, c := range parent.Commands() {
		if c.Hidden || c.Name() == "help" || parent.Name() == completion {
			continue
		}
		_, path, _ := strings.Cut(c.CommandPath(), " ")
		fmt.Fprintf(b, "\n%s %s\n\n%s.\n\n```\n%s\n```\n", strings.Repeat("#", 1+len(strings.Fields(path))), path, strings.TrimSuffix(c.Short, "."), parent.CommandPath()+" "+c.Use)
		if c.Long != "" && c.Name() != completion {
			b.WriteString("\n" + c.Long + "\n")
		}
		if c.LocalFlags().HasAvailableFlags() {
			b.WriteByte('\n')
			flagTable(b, c.LocalFlags())
		}
		commands(b, c)
	}
}

// completion is cobra's own command, whose pages are about shells.
const completion = "completion"

func flagTable(b *strings.Builder, flags *pflag.FlagSet) {
	b.WriteString("| flag | meaning | default |\n| --- | --- | --- |\n")
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Name == "help" {
			return
		}
		name := "`--" + f.Name + "`"
		if f.Shorthand != "" {
			name = "`-" + f.Shorthand + "`, " + name
		}
		value := strings.Trim(f.DefValue, "[]")
		fmt.Fprintf(b, "| %s | %s | %s |\n", name, f.Usage, cmp.Or(value, "–"))
	})
}

func settingsPage() string {
	var b strings.Builder
	b.WriteString(generated)
	b.WriteString("# Settings\n\nSettings of the program itself, not of the network. They come, with growing weight, from these defaults,\n" +
		"the file that `--settings` names (YAML, TOML or JSON), environment variables, and flags.\n" +
		"An unknown key or a value out of its range is an error.\n\n" +
		"| setting | environment | default | meaning |\n| --- | --- | --- | --- |\n")
	for _, s := range config.Reference() {
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s |\n", s.Key, s.Env, s.Default, s.About)
	}
	return b.String()
}

func exitPage() string {
	var b strings.Builder
	b.WriteString(generated)
	b.WriteString("# Exit codes\n\n| code | meaning |\n| --- | --- |\n")
	for _, row := range []struct {
		code int
		text string
	}{
		{ExitOK, "done; nothing to do; all well"},
		{ExitError, "an error: bad input, a router that could not be read, or a change that failed and was undone"},
		{ExitPending, "`plan`: changes pending; `status`, `doctor`: something is not well; `audit`: findings at or above `--fail-on`; `drill`: passed with conditions"},
		{ExitStuck, "`apply`, `destroy`, `recover`: something failed and could not be undone; it is listed on standard error"},
	} {
		fmt.Fprintf(&b, "| %d | %s |\n", row.code, row.text)
	}
	return b.String()
}
