//go:build linux

package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"jembatan/internal/lab"
)

func newLabExec(g *globals, open opener) *cobra.Command {
	return &cobra.Command{
		Use:   "exec -f FILE HOST -- COMMAND [ARG]...",
		Short: "Run a command inside a router, a host or \"internet\"",
		Long:  "The command's exit code becomes this one's. It sees the files of this machine, but for\n/run, and the network of the host.",
		Args:  cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return labCall(cmd.Context(), g, open, func(ctx context.Context, c *lab.Client) error {
				in, out, errs, err := streams(g.env)
				if err != nil {
					return err
				}
				code, err := c.Exec(ctx, args[0], args[1:], in, out, errs)
				if err != nil || code == 0 {
					return err
				}
				return &codeError{code: code}
			})
		},
	}
}

// streams returns the process's own streams as files, which can be handed on.
func streams(env Env) (in, out, errs *os.File, err error) {
	in, ok1 := env.Stdin.(*os.File)
	out, ok2 := env.Stdout.(*os.File)
	errs, ok3 := env.Stderr.(*os.File)
	if !ok1 || !ok2 || !ok3 {
		return nil, nil, nil, errors.New("lab exec needs real files as its streams")
	}
	return in, out, errs, nil
}

func newLabPing(g *globals, open opener) *cobra.Command {
	o := lab.PingOptions{}
	cmd := &cobra.Command{
		Use: "ping -f FILE HOST TO", Short: "Ping from inside a host and count what is lost", Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return labCall(cmd.Context(), g, open, func(ctx context.Context, c *lab.Client) error {
				o.To = args[1]
				r, err := c.Ping(ctx, args[0], o)
				if err != nil {
					return err
				}
				fmt.Fprintln(g.env.Stdout, pingLine(r))
				if r.Received == 0 {
					return &codeError{code: ExitError}
				}
				return nil
			})
		},
	}
	f := cmd.Flags()
	f.IntVarP(&o.Count, "count", "c", 5, "echo requests, 1..65535")
	f.DurationVarP(&o.Interval, "interval", "i", 200*time.Millisecond, "time between two")
	f.IntVarP(&o.Size, "size", "s", 84, "bytes of the IP packet")
	f.StringVar(&o.From, "from", "", "source address")
	return cmd
}

// pingLine sums a ping up.
func pingLine(r *lab.PingResult) string {
	return fmt.Sprintf("%d sent, %d received, %d lost; round trip min/avg/max %.2f/%.2f/%.2f ms",
		r.Sent, r.Received, len(r.Lost), ms(r.Min), ms(r.Avg), ms(r.Max))
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func newLabFault(g *globals, open opener) *cobra.Command {
	var help strings.Builder
	help.WriteString("Without arguments, or with \"list\", the faults that stand; \"clear [N|all]\" takes them back.\n\n")
	for _, k := range lab.FaultKinds() {
		fmt.Fprintf(&help, "  %-66s %s\n", k[0], k[1])
	}
	return &cobra.Command{
		Use: "fault -f FILE [KIND TARGET [ARG]...]", Short: "Break something, see what is broken, mend it", Long: help.String(), Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return labCall(cmd.Context(), g, open, func(ctx context.Context, c *lab.Client) error {
				faults, err := c.Fault(ctx, args...)
				if err != nil {
					return err
				}
				for _, f := range faults {
					fmt.Fprintf(g.env.Stdout, "%d %s\n", f.ID, f.What)
				}
				return nil
			})
		},
	}
}

func newLabCapture(g *globals, open opener) *cobra.Command {
	var to string
	var count int
	cmd := &cobra.Command{
		Use:   "capture -f FILE LINK -w FILE.pcap",
		Short: "Write the packets of a link for Wireshark, until interrupted",
		Long:  "A link is ROUTER.INTERFACE, ROUTER.UPLINK or a host.",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := os.Create(to)
			if err != nil {
				return fmt.Errorf("-w: %w", err)
			}
			err = labCall(cmd.Context(), g, open, func(ctx context.Context, c *lab.Client) error { return c.Capture(ctx, args[0], f, count) })
			return errors.Join(err, f.Close())
		},
	}
	cmd.Flags().StringVarP(&to, "write", "w", "", "file to write")
	cmd.Flags().IntVarP(&count, "count", "c", 0, "end after that many packets; 0: when interrupted")
	if err := cmd.MarkFlagRequired("write"); err != nil {
		panic(err) // The flag was made above.
	}
	return cmd
}

func newLabLogs(g *globals, open opener) *cobra.Command {
	return &cobra.Command{
		Use: "logs -f FILE HOST", Short: "What the programs of a host have printed", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return labCall(cmd.Context(), g, open, func(ctx context.Context, c *lab.Client) error {
				logs, err := c.Logs(ctx, args[0])
				if err != nil {
					return err
				}
				var names []string
				for name := range logs {
					names = append(names, name)
				}
				slices.Sort(names)
				for _, name := range names {
					fmt.Fprintf(g.env.Stdout, "== %s\n%s", name, logs[name])
				}
				return nil
			})
		},
	}
}
