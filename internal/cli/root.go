package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"jembatan/internal/app"
	"jembatan/internal/config"
	"jembatan/internal/logging"
	"jembatan/internal/render"
)

// Run executes one command line and returns its exit code. Cancelling ctx is
// Ctrl-C.
func Run(ctx context.Context, env Env, args []string) int {
	root := newRoot(env)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err != nil && err.Error() != "" {
		fmt.Fprintln(env.Stderr, "error:", err)
	}
	return exitCode(err)
}

// globals are the flags of every command.
type globals struct {
	env      Env
	settings string
	logLevel string
	timeout  time.Duration
	flags    *pflag.FlagSet
}

// newRoot builds the command tree.
func newRoot(env Env) *cobra.Command {
	g := &globals{env: env}
	root := &cobra.Command{
		Use:   "jembatan",
		Short: "EoIP tunnels and failover for MikroTik routers, from one topology file",
		Long: "jembatan turns one topology file into EoIP tunnels and bridges on many RouterOS\n" +
			"routers, both ends of a tunnel as one object, and keeps them so. It watches the\n" +
			"servers behind them, and moves their users to a backup when it must and may.",
		SilenceUsage: true, SilenceErrors: true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: false},
	}
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	f := root.PersistentFlags()
	f.StringVar(&g.settings, "settings", "", "file with the program's settings")
	f.StringVar(&g.logLevel, "log-level", config.Defaults().Log.Level, "trace, debug, info, warn, error or off")
	f.DurationVar(&g.timeout, "timeout", 0, "time for the whole command; 0 is no limit")
	g.flags = f
	addGroups(root, g)
	return root
}

// load reads the settings and makes the logger.
func (g *globals) load() (config.Settings, zerolog.Logger, error) {
	s, err := config.Load(g.settings, map[string]*pflag.Flag{"log.level": g.flags.Lookup("log-level")})
	if err != nil {
		return s, zerolog.Nop(), err
	}
	log, err := logging.New(g.env.Stderr, s.Log.Level, s.Log.Format, render.Colour(g.env.Stderr, g.env.Lookup))
	return s, log, err
}

// bound applies --timeout.
func (g *globals) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if g.timeout <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, g.timeout, fmt.Errorf("--timeout of %v is over", g.timeout))
}

// open opens the topology that -f names.
func (g *globals) open(file string) (*app.App, error) {
	s, log, err := g.load()
	if err != nil {
		return nil, err
	}
	return app.Open(file, app.Options{Settings: s, Log: log, Env: g.env.Lookup})
}

// withApp opens the topology that -f names and does something with it, bounded
// by --timeout.
func (g *globals) withApp(ctx context.Context, file string, do func(context.Context, *app.App) error) error {
	ctx, cancel := g.bound(ctx)
	defer cancel()
	a, err := g.open(file)
	if err != nil {
		return problems(g.env, err)
	}
	defer a.Close()
	return do(ctx, a)
}

// show prints a value as indented JSON, or with text, as -o says.
func (g *globals) show(form string, value any, text func()) error {
	if form != "json" {
		text()
		return nil
	}
	enc := json.NewEncoder(g.env.Stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(value)
}

// fileFlag adds -f.
func fileFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVarP(file, "file", "f", "", "topology file")
	if err := cmd.MarkFlagRequired("file"); err != nil {
		panic(err) // The flag was made in the line above.
	}
}

// formFlag adds -o.
func formFlag(cmd *cobra.Command, form *string) {
	cmd.Flags().StringVarP(form, "output", "o", "text", "form of the output: text or json")
}

var errForm = errors.New("-o takes text or json")

func checkForm(form string) error {
	if form != "text" && form != "json" {
		return errForm
	}
	return nil
}
