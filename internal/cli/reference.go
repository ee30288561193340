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
	for _, c := range root.Commands() {
		if c.Hidden || c.Name() == "help" {
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s.\n\n```\njembatan %s\n```\n", c.Name(), strings.TrimSuffix(c.Short, "."), c.Use)
		if c.Long != "" && c.Name() != "completion" {
			b.WriteString("\n" + c.Long + "\n")
		}
		if c.LocalNonPersistentFlags().HasAvailableFlags() {
			b.WriteByte('\n')
			flagTable(&b, c.LocalNonPersistentFlags())
		}
	}
	return b.String()
}

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
		{ExitPending, "`plan`: changes pending; `status`: something is not well; `audit`: findings at or above `--fail-on`"},
		{ExitStuck, "`apply`, `destroy`: something failed and could not be undone; it is listed on standard error"},
	} {
		fmt.Fprintf(&b, "| %d | %s |\n", row.code, row.text)
	}
	return b.String()
}
