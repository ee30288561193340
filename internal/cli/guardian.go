package cli

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"jembatan/failover/actuator/database"
	"jembatan/health/replication"
	"jembatan/internal/app"
	"jembatan/tunnel"
)

// guardianFlags are the flags of guard.
type guardianFlags struct {
	socket, engine         string
	user, password         string
	writer, writerPassword string
	name                   string
	keep                   []string
	interval               time.Duration
}

func newGuardian(g *globals) *cobra.Command {
	var f guardianFlags
	cmd := &cobra.Command{
		Use:   "guard --socket PATH",
		Short: "Beside a database server: turn it read-only when its lease is not renewed",
		Long: "For servers that may not run events. It logs in over the server's Unix socket and looks at the\n" +
			"lease until it is ended; what it sees and does are log lines. It needs the server to be prepared\n" +
			"with the lease: see jembatan bootstrap --databases and docs/reference/database.md.\n" +
			"Passwords are given as env:NAME or file:PATH only.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, log, err := g.load()
			if err != nil {
				return err
			}
			guardian, end, err := f.guard(g.env.Lookup)
			if err != nil {
				return err
			}
			defer end()
			ctx, cancel := g.bound(cmd.Context())
			defer cancel()
			return watchOver(ctx, guardian, log.With().Str("server", f.name).Logger())
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&f.socket, "socket", "", "the server's Unix socket")
	fl.StringVar(&f.engine, "engine", tunnel.MariaDB.String(), "mariadb or mysql")
	fl.StringVar(&f.user, "user", "jembatan"+tunnel.FenceSuffix, "the fence account")
	fl.StringVar(&f.password, "password", "env:JEMBATAN_DB_PASSWORD", "where its password is: env:NAME or file:PATH")
	fl.StringVar(&f.writer, "writer", "jembatan"+tunnel.WriterSuffix, "the writer account, by which the closing is proven")
	fl.StringVar(&f.writerPassword, "writer-password", "", "where its password is; none: as --password")
	fl.StringVar(&f.name, "name", "database", "what the server is called in the log")
	fl.StringSliceVar(&f.keep, "keep", []string{"jembatan"}, "users whose sessions are never ended: the check account, monitoring")
	fl.DurationVar(&f.interval, "interval", 500*time.Millisecond, "time between two looks (100ms..1s)")
	if err := cmd.MarkFlagRequired("socket"); err != nil {
		panic(err) // The flag was made above.
	}
	return cmd
}

var (
	errEngine   = errors.New("--engine takes mariadb or mysql")
	errInterval = errors.New("--interval takes 100ms to 1s")
)

// guard makes what runs out of the flags. The caller calls end when it is over.
func (f *guardianFlags) guard(env app.Lookup) (out database.Guard, end func(), err error) {
	engine := tunnel.EngineUnknown
	for _, e := range []tunnel.DatabaseEngine{tunnel.MariaDB, tunnel.MySQL} {
		if f.engine == e.String() {
			engine = e
		}
	}
	if engine == tunnel.EngineUnknown {
		return out, nil, errEngine
	}
	if f.interval < 100*time.Millisecond || f.interval > time.Second {
		return out, nil, errInterval
	}
	admin, err := f.open("--password", f.user, f.password, env)
	if err != nil {
		return out, nil, err
	}
	writer, err := f.open("--writer-password", f.writer, cmp.Or(f.writerPassword, f.password), env)
	if err != nil {
		return out, nil, errors.Join(err, admin.Close())
	}
	out = database.Guard{Interval: f.interval, Server: database.Server{
		Name: f.name, Engine: engine, Admin: admin, Writer: writer, Keep: f.keep, Lease: true,
	}}
	return out, func() { _, _ = admin.Close(), writer.Close() }, nil // Nothing is written by closing.
}

// open returns a handle on the socket.
func (f *guardianFlags) open(flag, user, where string, env app.Lookup) (*sql.DB, error) {
	password, err := secretOf(flag, where, env)
	if err != nil {
		return nil, err
	}
	return replication.Account{Network: "unix", Address: f.socket, User: user, Password: password}.Open()
}

// secretOf reads a secret from where a flag says.
func secretOf(flag, where string, env app.Lookup) (replication.Secret, error) {
	var ref tunnel.SecretRef
	switch kind, value, _ := strings.Cut(where, ":"); kind {
	case "env":
		ref.Env = value
	case "file":
		ref.File = value
	default:
		return "", fmt.Errorf("%s takes env:NAME or file:PATH", flag)
	}
	secret, err := app.Secret(env, ref)
	if err != nil {
		return "", fmt.Errorf("%s: %w", flag, err)
	}
	return replication.Secret(secret), nil
}

// watchOver runs a guard until ctx ends and logs what it sees.
func watchOver(ctx context.Context, guardian database.Guard, log zerolog.Logger) error {
	row, err := database.Lease{Server: guardian.Server}.Read(ctx)
	if err != nil {
		log.Error().Err(err).Msg("the lease cannot be read; looking on")
	} else {
		log.Info().Str("holder", row.Holder).Uint64("epoch", row.Epoch).Dur("ttl", row.TTL).Dur("left", row.Left).Msg("watching the lease")
	}
	said := &guardianLog{log: log}
	guardian.Report = said.look
	if err := guardian.Run(ctx); err != nil {
		return err
	}
	log.Info().Msg("ended; nobody watches the lease")
	return nil
}

// A guardianLog says each thing once, and again when a minute has passed.
type guardianLog struct {
	log  zerolog.Logger
	last string
	at   time.Time
}

func (l *guardianLog) look(k database.Look) {
	e, message := l.log.Warn(), "closed: the lease was not renewed"
	switch {
	case k.Err != nil && k.Expired:
		e, message = l.log.Error().Err(k.Err), "the lease was not renewed, and the server is not closed"
	case k.Err != nil:
		e, message = l.log.Error().Err(k.Err), "the lease cannot be read"
	}
	what := message
	if k.Err != nil {
		what += k.Err.Error()
	}
	if what == l.last && k.At.Sub(l.at) < time.Minute {
		return
	}
	l.last, l.at = what, k.At
	if k.Expired {
		e = e.Str("holder", k.Lease.Holder).Uint64("epoch", k.Lease.Epoch).Int("killed", k.Proof.Killed).Dur("took", k.Proof.Took)
	}
	e.Msg(message)
}
