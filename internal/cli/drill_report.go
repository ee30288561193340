package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"jembatan/failover/journal"
	"jembatan/internal/api"
	"jembatan/internal/drill"
	"jembatan/internal/render"
	"jembatan/tunnel/audit"
)

// A drillWriter writes reports of drills to where the flags say.
type drillWriter struct{ form, lang, out string }

func (d *drillWriter) register(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&d.form, "output", "o", "text", "form of the report: text, json or html")
	cmd.Flags().StringVar(&d.lang, "lang", "en", "language of the page: en or id")
	cmd.Flags().StringVar(&d.out, "out", "", "write the report to a file")
}

var errDrillForm = errors.New("-o takes text, json or html")

func (d *drillWriter) check() error {
	if !slices.Contains(drill.Forms(), drill.Form(d.form)) {
		return errDrillForm
	}
	_, err := audit.ParseLang(d.lang)
	return err
}

// news is where is told how it goes: not into a report for programs.
func (d *drillWriter) news(env Env) io.Writer {
	if d.form == string(drill.Text) || d.out != "" {
		return env.Stdout
	}
	return env.Stderr
}

// report writes a report and returns its verdict as an exit code.
func (d *drillWriter) report(env Env, r *drill.Report) error {
	lang, err := audit.ParseLang(d.lang)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := drill.Write(&b, r, drill.Form(d.form), lang); err != nil {
		return err
	}
	if d.out == "" {
		_, err = env.Stdout.Write(b.Bytes())
	} else if err = writeFile(d.out, b.Bytes()); err == nil {
		_, err = fmt.Fprintf(env.Stdout, "%s: drill %s of %s: %s\n", d.out, r.ID, r.Service, r.Verdict)
	}
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return verdictCode(r.Verdict)
}

func verdictCode(v drill.Verdict) error {
	switch v {
	case drill.Pass:
		return nil
	case drill.Conditions:
		return &codeError{ExitPending, nil}
	case drill.Fail, drill.VerdictUnknown:
	}
	return &codeError{ExitError, nil}
}

// following is a drill under way.
type following struct {
	service, id string
	after       uint64    // the last entry that was told
	began       time.Time // what times are told from
}

// reportEvery is how often a report is asked for that the history does not
// announce: when the store has not taken it.
const reportEvery = time.Second

// followDrill tells what happens until the drill has ended, and returns its report.
func followDrill(ctx context.Context, c *api.Client, w io.Writer, f following) (drill.Report, error) {
	t := time.NewTicker(pollMove)
	defer t.Stop()
	asked := time.Now()
	for {
		entries, err := c.History(ctx, f.service, journal.Query{Limit: 1000, After: f.after})
		if err != nil {
			return drill.Report{}, f.unseen(err)
		}
		ended := false
		for _, e := range entries {
			f.after = e.Seq
			tellEntry(w, e, f.began)
			ended = ended || e.Kind == journal.KindDrill && strings.HasPrefix(e.Detail, "ended "+f.id)
		}
		if ended || time.Since(asked) >= reportEvery {
			asked = time.Now()
			body, err := c.Drill(ctx, f.service, f.id)
			if err == nil {
				return drill.Decode(body)
			}
			if !errors.Is(err, api.ErrNoDrill) {
				return drill.Report{}, f.unseen(err)
			}
		}
		select {
		case <-ctx.Done():
			return drill.Report{}, f.unseen(context.Cause(ctx))
		case <-t.C:
		}
	}
}

// unseen says that only the watching has ended.
func (f *following) unseen(err error) error {
	return fmt.Errorf("stopped watching, the drill goes on as long as the controller does (jembatan drill show %s %s): %w", f.service, f.id, err)
}

// tellEntry writes one entry of a history with the time since a moment. Intents
// are left out: their outcomes follow.
func tellEntry(w io.Writer, e journal.Entry, since time.Time) {
	if line := render.Entry(e); line != "" && e.Kind != journal.KindIntent {
		fmt.Fprintf(w, "%7.3fs  %s\n", e.At.Sub(since).Seconds(), line)
	}
}
