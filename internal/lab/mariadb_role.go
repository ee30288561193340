//go:build linux

package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	actuate "jembatan/failover/actuator/database"
	"jembatan/health/replication"
)

// roleConfig is what a host is told whose database starts again.
type roleConfig struct {
	Peers          []string
	User, Password string
	Arguments      []string // of mariadbd
}

// rolePatience is how long the others are asked: a site that has its power back
// needs some seconds to be reached.
const rolePatience = 10 * time.Second

// asks reports whether the database asks the others, before it starts again,
// whether one is open; docs/reference/database.md, "The role at boot".
func (d *database) asks() bool {
	return d.semiSync && !d.boot && d.accounts.Check.User != ""
}

// asking returns a process that asks inside the host and then becomes the server.
func (d *database) asking(arguments []string) *exec.Cmd {
	// Strings and lists of them: this cannot fail.
	b, _ := json.Marshal(roleConfig{d.peers, d.accounts.Check.User, string(d.accounts.Check.Password), arguments})
	cmd := exec.Command("/proc/self/exe") //nolint:noctx // It lives as long as its host.
	cmd.Args = []string{"lab-role"}
	cmd.Env = append(os.Environ(), stageEnv+"="+stageRole, configEnv+"="+string(b))
	return cmd
}

// roleStage is that process.
func roleStage() error {
	var c roleConfig
	if err := json.Unmarshal([]byte(os.Getenv(configEnv)), &c); err != nil {
		return err
	}
	program, err := exec.LookPath("mariadbd")
	if err != nil {
		return err
	}
	var peers []actuate.Peer
	for _, p := range c.Peers {
		db, err := replication.Account{Address: p, User: c.User, Password: replication.Secret(c.Password)}.Open()
		if err != nil {
			return err
		}
		peers = append(peers, actuate.Peer{Name: p, DB: db})
	}
	ctx, cancel := context.WithTimeout(context.Background(), rolePatience)
	defer cancel()
	answers := actuate.AskPeers(ctx, peers)
	role := actuate.DecideBootRole(answers)
	fmt.Fprint(os.Stdout, role.Fragment(answers)) // For the host's log.
	environ := slices.DeleteFunc(os.Environ(), func(s string) bool {
		return strings.HasPrefix(s, stageEnv+"=") || strings.HasPrefix(s, configEnv+"=")
	})
	return syscall.Exec(program, slices.Concat([]string{"mariadbd"}, c.Arguments, []string{"--init-rpl-role=" + role.String()}), environ)
}
