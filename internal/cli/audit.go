package cli

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"jembatan/internal/app"
	"jembatan/internal/render"
	"jembatan/internal/report"
	"jembatan/tunnel/audit"
)

// auditFlags are the flags of audit as they were given.
type auditFlags struct {
	opts                    app.AuditOptions
	login                   loginFlags
	form, lang, failOn, out string
	days                    int
}

func newAudit(g *globals) *cobra.Command {
	var f auditFlags
	cmd := &cobra.Command{
		Use:   "audit (-f FILE | --router ADDR… | --export DIR|FILE…)",
		Short: "One-shot report on tunnels: both ends compared, live or from saved exports",
		Long: "Reads live routers (each is asked for a menu at most once) and saved /export files of RouterOS 6 and 7, in any\n" +
			"form, finds both ends of every tunnel and reports what is wrong, with evidence and the commands to review.\n" +
			"It changes nothing and prints no secrets. -f reads the routers of a topology, and compares them with it and with\n" +
			"--export; --offline contacts nobody.\n" +
			"Exit codes: 0 done, 2 findings at or above --fail-on, 1 an error.",
		RunE: func(cmd *cobra.Command, args []string) error {
			f.opts.Exports = append(f.opts.Exports, args...)
			ctx, cancel := g.bound(cmd.Context())
			defer cancel()
			level, lang, err := f.check()
			if err != nil {
				return err
			}
			s, log, err := g.load()
			if err != nil {
				return err
			}
			meter := render.NewMeter(g.env.Stderr, g.env.Lookup)
			f.opts.Progress = meter.Count
			r, err := app.Audit(ctx, f.opts, app.Options{Settings: s, Log: log, Env: g.env.Lookup})
			meter.Close()
			if err != nil {
				return problems(g.env, err)
			}
			if err := f.write(g.env, r, lang); err != nil {
				return err
			}
			if level != audit.SeverityUnknown && r.Worst() >= level {
				return &codeError{ExitPending, nil}
			}
			return nil
		},
	}
	f.register(cmd)
	return cmd
}

// register adds the flags.
func (f *auditFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVarP(&f.opts.File, "file", "f", "", "topology file: its routers are read, and compared with it")
	flags.BoolVar(&f.opts.Offline, "offline", false, "with -f and --export: compare the exports with the topology, contact nobody")
	flags.StringSliceVar(&f.opts.Routers, "router", nil, "address of a live router, host or host:port; may be given again")
	flags.StringArrayVar(&f.opts.Exports, "export", nil, "file or folder with saved exports; may be given again, and more may follow as arguments")
	f.login.register(flags)
	flags.StringVarP(&f.form, "output", "o", "text", "form of the report: text, json, html, markdown or csv")
	flags.StringVar(&f.out, "out", "", "write the report to a file")
	flags.StringVar(&f.lang, "lang", "en", "language of the report: en or id")
	flags.StringVar(&f.failOn, "fail-on", "", "exit 2 if something is found at or above: info, low, medium, high or critical")
	flags.StringVar(&f.opts.Waivers, "waivers", "", "file of accepted risks (YAML)")
	flags.StringVar(&f.opts.Baseline, "baseline", "", "an earlier report (-o json) to compare with")
	flags.DurationVar(&f.opts.Policy.Promise, "promise", 30*time.Second, "the longest outage that was promised")
	flags.IntVar(&f.days, "max-age", 90, "days after which an export is old")
	flags.StringSliceVar(&f.opts.Policy.Users, "known-user", nil, "login that somebody knows of; may be given again")
}

// check turns the flags into values.
func (f *auditFlags) check() (audit.Severity, audit.Lang, error) {
	level := audit.SeverityUnknown
	var err error
	if f.failOn != "" {
		if level, err = audit.ParseSeverity(f.failOn); err != nil {
			return 0, 0, fmt.Errorf("--fail-on: %w", err)
		}
	}
	lang, err := audit.ParseLang(f.lang)
	if err != nil {
		return 0, 0, err
	}
	if !slices.Contains(report.Forms(), report.Form(f.form)) {
		return 0, 0, errors.New("-o takes text, json, html, markdown or csv")
	}
	if f.days <= 0 || f.opts.Policy.Promise <= 0 {
		return 0, 0, errors.New("--max-age and --promise must be above zero")
	}
	if f.opts.Login, err = f.login.resolve(); err != nil {
		return 0, 0, err
	}
	const day = 24 * time.Hour
	f.opts.Policy.MaxAge = time.Duration(f.days) * day
	f.opts.Now, f.opts.Tool = time.Now().UTC().Truncate(time.Second), "jembatan "+version
	return level, lang, nil
}

// write writes the report to where it was asked for.
func (f *auditFlags) write(env Env, r *audit.Report, lang audit.Lang) error {
	opts := report.Options{Lang: lang}
	if f.out == "" {
		opts.Colour = render.Colour(env.Stdout, env.Lookup)
		return report.Write(env.Stdout, r, report.Form(f.form), opts)
	}
	var b bytes.Buffer
	if err := report.Write(&b, r, report.Form(f.form), opts); err != nil {
		return err
	}
	if err := writeFile(f.out, b.Bytes()); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	s := r.Summary
	var counts []string
	for _, v := range audit.Severities() {
		counts = append(counts, fmt.Sprintf("%d %s", s.Of(v), v))
	}
	_, err := fmt.Fprintf(env.Stdout, "%s: score %d/100 (%s), %s; %d routers, %d not read\n", f.out, s.Score, s.Grade, strings.Join(counts, ", "), s.Routers, s.Unread)
	return err
}
