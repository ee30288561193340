package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"jembatan/internal/config"
	"jembatan/tunnel"
	"jembatan/tunnel/audit"
	"jembatan/tunnel/audit/waiver"
)

// AuditOptions say what is audited, and against what. At least one of File,
// Routers and Exports is given.
type AuditOptions struct {
	File    string   // a topology; its routers are read live unless Offline
	Offline bool     // contact nobody: the topology is compared with the exports alone
	Routers []string // addresses of live routers, host or host:port
	Login   Login    // for Routers
	Exports []string // files and folders

	Policy   audit.Policy
	Waivers  string // a file, or ""
	Baseline string // an earlier report in JSON, or ""
	Now      time.Time
	Tool     string
	// Progress is told of every source that is done, from one goroutine at a
	// time. Nil means that nobody wants to know.
	Progress func(done, total int, what string)
}

// A Login says how routers without a topology are logged in to.
type Login struct {
	User     string
	Password tunnel.SecretRef
	TLS      tunnel.TLS
}

var errNoSource = errors.New("nothing to audit: give -f, --router or --export")

// Audit reads all sources and audits them. Routers and files that cannot be
// read are in the report; the error is for what makes an audit pointless: a
// wrong topology, a missing password, a waiver file with mistakes.
func Audit(ctx context.Context, opts AuditOptions, app Options) (*audit.Report, error) {
	if opts.File == "" && len(opts.Routers) == 0 && len(opts.Exports) == 0 {
		return nil, errNoSource
	}
	if opts.Offline && len(opts.Exports) == 0 {
		return nil, errors.New("--offline needs --export")
	}
	a := auditor{AuditOptions: opts, settings: app.Settings, log: app.Log, env: app.Env, seal: audit.NewSealer(auditKey())}
	in, err := a.input()
	if err != nil {
		return nil, err
	}
	targets, err := a.targets(in.Topology)
	if err != nil {
		return nil, err
	}
	files, unread := exportFiles(opts.Exports)
	in.Unread = unread
	a.total = len(targets) + len(files)
	live, missed := a.readLive(ctx, targets)
	exports, doubts, bad := a.readExports(ctx, files)
	in.Unread = append(append(in.Unread, missed...), bad...)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("audit: %w", context.Cause(ctx))
	}
	in.Doubts = doubts
	a.merge(&in, live, exports)
	return audit.Run(in), nil
}

// An auditor is one Audit.
type auditor struct {
	AuditOptions

	settings config.Settings
	log      zerolog.Logger
	env      Lookup
	seal     audit.Sealer
	done     int
	total    int
	warned   bool // that TLS is off
}

// input reads the files that do not come from routers.
func (a *auditor) input() (audit.Input, error) {
	in := audit.Input{Now: a.Now, Policy: a.Policy, Seal: a.seal, Tool: a.Tool}
	var errs []error
	if a.File != "" {
		t, err := Load(a.File)
		if err != nil {
			return in, err
		}
		in.Topology = t
	}
	if a.Waivers != "" {
		src, err := readLimited(a.Waivers, waiver.MaxBytes)
		if err == nil {
			in.Waivers, err = waiver.Parse(a.Waivers, src)
		}
		errs = append(errs, err)
	}
	if a.Baseline != "" {
		src, err := readLimited(a.Baseline, maxBaseline)
		if err == nil {
			in.Baseline, err = audit.ParseReport(src)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("baseline %s: %w", a.Baseline, err))
		}
	}
	return in, errors.Join(errs...)
}

// maxBaseline is the largest baseline in bytes.
const maxBaseline = 64 << 20

// auditKey is the key of one audit's seals.
func auditKey() []byte {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		panic(err) // crypto/rand.Read never fails on the systems we run on.
	}
	return key
}

// step tells of one more source.
func (a *auditor) step(what string) {
	a.done++
	if a.Progress != nil {
		a.Progress(a.done, a.total, what)
	}
}
