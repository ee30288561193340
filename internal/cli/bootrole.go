package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"jembatan/failover/actuator/database"
	"jembatan/health/replication"
	"jembatan/internal/app"
	"jembatan/tunnel"
)

// bootRoleFlags are the flags of boot-role.
type bootRoleFlags struct {
	peers                  []string
	engine, user, password string
	ca, write              string
}

// bootRolePatience is how long peers are asked when --timeout does not say.
const bootRolePatience = 3 * time.Second

func newBootRole(g *globals) *cobra.Command {
	var f bootRoleFlags
	cmd := &cobra.Command{
		Use:   "boot-role --peer HOST:PORT [--peer HOST:PORT]",
		Short: "Before a database server starts: whether it may throw away commits that no standby acknowledged",
		Long: "For the service manager, before MariaDB starts. It asks the other servers of the service, all at the\n" +
			"same time and again until --timeout (3s), whether one is open for writes, and prints or writes the option\n" +
			"init_rpl_role: SLAVE when one is, and otherwise, also when nobody answers, MASTER, the server's own\n" +
			"default. The exit code is 0 either way. It is 1 when the file cannot be removed or written, and for wrong\n" +
			"flags: then the server must not be started. The password is given as env:NAME or file:PATH only.\n" +
			"See docs/reference/database.md, \"The role at boot\".",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, log, err := g.load()
			if err != nil {
				return err
			}
			g.timeout = cmp.Or(g.timeout, bootRolePatience)
			ctx, cancel := g.bound(cmd.Context())
			defer cancel()
			return f.run(ctx, g, log)
		},
	}
	fl := cmd.Flags()
	fl.StringSliceVar(&f.peers, "peer", nil, "another server of the service; may be repeated")
	fl.StringVar(&f.engine, "engine", tunnel.MariaDB.String(), "mariadb; MySQL has nothing of the kind")
	fl.StringVar(&f.user, "user", "jembatan", "an account of the peers; it needs no privilege")
	fl.StringVar(&f.password, "password", "env:JEMBATAN_DB_PASSWORD", "where its password is: env:NAME or file:PATH")
	fl.StringVar(&f.ca, "ca", "", "PEM file with who signed the peers' certificates; none: plaintext")
	fl.StringVar(&f.write, "write", "", "file to write, which the server's settings include; none: standard output")
	if err := cmd.MarkFlagRequired("peer"); err != nil {
		panic(err) // The flag was made above.
	}
	return cmd
}

var errRoleEngine = errors.New("--engine takes mariadb: MySQL cannot be told to throw such commits away")

// run removes the file of an earlier start before anything else, asks, and writes.
func (f *bootRoleFlags) run(ctx context.Context, g *globals, log zerolog.Logger) error {
	if f.engine != tunnel.MariaDB.String() {
		return errRoleEngine
	}
	for _, p := range f.peers {
		if _, _, err := net.SplitHostPort(p); err != nil {
			return fmt.Errorf("--peer %q is no HOST:PORT", p)
		}
	}
	if f.write != "" {
		if err := database.RemoveBootRole(f.write); err != nil {
			return err
		}
	}
	answers := f.ask(ctx, g.env.Lookup)
	role := database.DecideBootRole(answers)
	for _, a := range answers {
		level := zerolog.InfoLevel
		if a.State == database.PeerUnknown {
			level = zerolog.WarnLevel
		}
		log.WithLevel(level).Str("server", a.Peer).Stringer("state", a.State).AnErr("err", a.Err).Msg("peer asked")
	}
	log.Info().Stringer("role", role).Msg("role decided")
	fragment := role.Fragment(answers)
	if f.write == "" {
		_, err := fmt.Fprint(g.env.Stdout, fragment)
		return err
	}
	return database.WriteBootRole(f.write, fragment)
}

// ask returns what the peers say. What keeps them from being asked is their answer.
func (f *bootRoleFlags) ask(ctx context.Context, env app.Lookup) []database.PeerAnswer {
	peers := make([]database.Peer, len(f.peers))
	var failed error
	for i, address := range f.peers {
		account, err := f.account(address, env)
		if err == nil {
			peers[i] = database.Peer{Name: address}
			peers[i].DB, err = account.Open()
		}
		if err != nil {
			failed = err
			break
		}
		defer func() { _ = peers[i].DB.Close() }() // Nothing is written by closing.
	}
	if failed == nil {
		return database.AskPeers(ctx, peers)
	}
	out := make([]database.PeerAnswer, len(f.peers))
	for i, address := range f.peers {
		out[i] = database.PeerAnswer{Peer: address, Err: failed}
	}
	return out
}

// account is how to log in to a peer.
func (f *bootRoleFlags) account(address string, env app.Lookup) (replication.Account, error) {
	out := replication.Account{Address: address, User: f.user}
	var err error
	if out.Password, err = secretOf("--password", f.password, env); err != nil {
		return out, err
	}
	if f.ca != "" {
		out.TLS, err = app.DatabaseTLS(tunnel.TLS{CAFile: f.ca})
	}
	return out, err
}
