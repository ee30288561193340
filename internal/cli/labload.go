//go:build linux

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"jembatan/internal/lab"
	"jembatan/internal/load"
)

func newLabLoad(g *globals, open opener) *cobra.Command {
	o := load.Options{}
	var to string
	cmd := &cobra.Command{
		Use:   "load -f FILE HOST --http URL | --sql ADDRESS:PORT",
		Short: "Use a service from a host all the time, and say how it went",
		Long: "HTTP requests go over a new connection each; rows are inserted into lab.acked over one\n" +
			"that is kept, and made anew when something fails. --out gets a JSON object for each\n" +
			"request. It ends when interrupted or after --for, with a summary.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := g.bound(cmd.Context())
			defer cancel()
			c, err := open()
			if err != nil {
				return err
			}
			w, err := c.Watch(ctx, args[0], o)
			if err != nil {
				return err
			}
			records, err := w.Wait()
			for _, kind := range []load.Kind{load.HTTP, load.SQL} {
				if s := load.Summarise(records, kind); s.Sent > 0 {
					fmt.Fprintf(g.env.Stdout, "%-4s %s\n", kind, s)
				}
			}
			if to != "" {
				err = errors.Join(err, writeRecords(to, records))
			}
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.URL, "http", "", "URL to open")
	f.DurationVar(&o.Every, "every", 0, "time between two requests (default 5ms)")
	f.DurationVar(&o.Timeout, "connect", 0, "limit of a request, and of connecting to the database (default 250ms)")
	f.StringVar(&o.Database, "sql", "", "database to insert into, host:port")
	f.StringVar(&o.User, "user", "", "its user (default app, password lab)")
	f.DurationVar(&o.Rows, "rows", 0, "time between two inserts (default none)")
	f.DurationVar(&o.Answer, "answer", 0, "limit of an insert (default 1s)")
	f.DurationVar(&o.For, "for", 0, "end after that time")
	f.StringVar(&to, "out", "", "file for the records")
	return cmd
}

// writeRecords writes records, a line each.
func writeRecords(to string, records []load.Record) error {
	f, err := os.Create(to)
	if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	enc := json.NewEncoder(f)
	for _, r := range records {
		if err := enc.Encode(r); err != nil {
			return errors.Join(fmt.Errorf("--out: %w", err), f.Close())
		}
	}
	return f.Close()
}

func newLabMissing(g *globals, open opener) *cobra.Command {
	return &cobra.Command{
		Use:   "missing -f FILE RECORDS SERVER",
		Short: "Which rows of a load were acknowledged and are not on a server",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return labCall(cmd.Context(), g, open, func(ctx context.Context, c *lab.Client) error {
				f, err := os.Open(args[0])
				if err != nil {
					return fmt.Errorf("records: %w", err)
				}
				defer f.Close()
				records, err := load.Read(f)
				if err != nil {
					return err
				}
				return missingRows(ctx, g.env.Stdout, c, load.Acked(records), args[1])
			})
		},
	}
}

// missingRows prints rows that a server should have and has not.
func missingRows(ctx context.Context, out io.Writer, c *lab.Client, acked []int64, server string) error {
	have, err := c.Acked(ctx, server, 0)
	if err != nil {
		return err
	}
	missing := load.Missing(acked, have)
	fmt.Fprintf(out, "%d rows acknowledged, %d missing on %s\n", len(acked), len(missing), server)
	for _, id := range missing {
		fmt.Fprintln(out, id)
	}
	if len(missing) > 0 {
		return &codeError{code: ExitError}
	}
	return nil
}
