package cli

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"

	controller "jembatan/internal/serve"
)

func newServe(g *globals) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "serve -f FILE",
		Short: "Watch the services of a topology, and move them when it must be and may be",
		Long: "The controller: probes every server from several vantages, reads replication, decides, fences, turns\n" +
			"routers, alerts. It keeps its state and its leadership in a store of its own (settings store.*), goes on\n" +
			"where it was after a crash, and changes nothing when it loses the store. Commands talk to it over a\n" +
			"Unix socket. SIGHUP reads the topology again; a file with a problem changes nothing. It speaks to a\n" +
			"service manager (sd_notify, watchdog).",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, log, err := g.load()
			if err != nil {
				return err
			}
			ctx, cancel := g.bound(cmd.Context())
			defer cancel()
			if _, set := g.env.Lookup("GOGC"); !set {
				debug.SetGCPercent(gcPercent)
			}
			reload, stop := hangups(ctx)
			defer stop()
			return problems(g.env, controller.Run(ctx, controller.Options{
				File: file, Settings: s, Log: log, Env: g.env.Lookup, Version: version, Reload: reload,
				Ready: func() { log.Info().Str("topology", file).Msg("ready") },
			}))
		},
	}
	fileFlag(cmd, &file)
	return cmd
}

// gcPercent lets the controller, which holds little and is judged by how soon it
// acts, collect its garbage a fourth as often as Go would by itself.
const gcPercent = 400

// hangups passes SIGHUP on, several at once as one, until stop is called.
func hangups(ctx context.Context) (reload <-chan struct{}, stop func()) {
	signals, out := make(chan os.Signal, 1), make(chan struct{}, 1)
	signal.Notify(signals, syscall.SIGHUP)
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-ctx.Done():
				return
			case <-signals:
			}
			select {
			case out <- struct{}{}:
			default:
			}
		}
	}()
	return out, func() {
		signal.Stop(signals)
		cancel()
		<-done
	}
}
