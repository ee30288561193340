package database_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jembatan/failover/actuator/database"
	"jembatan/health/replication"
	"jembatan/internal/mariadb"
)

func TestDecideBootRole(t *testing.T) {
	const no, closed, open = database.PeerUnknown, database.PeerClosed, database.PeerOpen
	for _, c := range []struct {
		peers []database.PeerState
		want  database.BootRole
	}{
		{nil, database.BootMaster},
		{[]database.PeerState{no}, database.BootMaster},
		{[]database.PeerState{closed}, database.BootMaster},
		{[]database.PeerState{open}, database.BootSlave},
		{[]database.PeerState{no, closed}, database.BootMaster},
		{[]database.PeerState{no, open}, database.BootSlave},
		{[]database.PeerState{open, closed}, database.BootSlave},
	} {
		var answers []database.PeerAnswer
		for _, s := range c.peers {
			answers = append(answers, database.PeerAnswer{Peer: "p", State: s})
		}
		if got := database.DecideBootRole(answers); got != c.want {
			t.Errorf("%v: %s, want %s", c.peers, got, c.want)
		}
	}
}

// TestBootRoleFile has the server itself read what was written, by an include
// that also works without the file.
func TestBootRoleFile(t *testing.T) {
	dir := t.TempDir()
	file, settings := filepath.Join(dir, "role.cnf"), filepath.Join(dir, "my.cnf")
	must(t, os.WriteFile(settings, []byte("[mariadb]\nserver_id=7\n!include "+file+"\n"), 0o644))
	must(t, database.RemoveBootRole(file))
	check := func(want string) {
		t.Helper()
		program, err := exec.LookPath("mariadbd")
		if err != nil {
			t.Skip("missing: mariadbd")
		}
		out, err := exec.CommandContext(t.Context(), program, "--defaults-file="+settings, "--print-defaults").CombinedOutput()
		if _, args, _ := strings.Cut(strings.TrimSpace(string(out)), "\n"); err != nil || strings.TrimSpace(args) != want {
			t.Errorf("the server reads %q, %v; want %q", args, err, want)
		}
	}
	check("--server_id=7")
	answers := []database.PeerAnswer{{Peer: "backup:3306\n[mariadb]", State: database.PeerOpen}, {Peer: "third:3306"}}
	for _, role := range []database.BootRole{database.BootSlave, database.BootMaster} {
		must(t, database.WriteBootRole(file, role.Fragment(answers)))
		check("--server_id=7 --init_rpl_role=" + role.String())
	}
	must(t, database.RemoveBootRole(file))
	check("--server_id=7")
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if err := database.WriteBootRole(filepath.Join(dir, "none", "role.cnf"), "x"); err == nil {
		t.Error("written where no directory is")
	}
}

// TestAskPeers asks servers in every state.
func TestAskPeers(t *testing.T) {
	w := start(t, mariadb.Options{Servers: 3}, false)
	must(t, w.Servers[0].Exec(t.Context(), "CREATE USER nobody@'%' IDENTIFIED BY 'n'"))
	must(t, w.Servers[1].Exec(t.Context(), "SET SESSION sql_log_bin=0", "CREATE USER nobody@'%' IDENTIFIED BY 'n'"))
	peer := func(i int, user string, p replication.Secret) database.Peer {
		return database.Peer{Name: names[i], DB: w.open(i, database.Login{User: user, Password: p})}
	}
	w.Servers[2].Kill()
	ask := func(limit time.Duration, peers ...database.Peer) (string, time.Duration) {
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		began := time.Now()
		var said []string
		for _, a := range database.AskPeers(ctx, peers) {
			said = append(said, a.Peer+" "+a.State.String())
			if a.State == database.PeerUnknown && a.Err == nil {
				t.Errorf("%s is unknown for no reason", a.Peer)
			}
			if a.Err != nil && strings.Contains(a.Err.Error(), secret) {
				t.Errorf("the error tells the password: %v", a.Err)
			}
		}
		return strings.Join(said, ", "), time.Since(began)
	}
	const soon, patience = 3 * time.Second, 20 * time.Second
	if said, took := ask(patience, peer(1, "nobody", "n"), peer(2, "nobody", "n")); said != "backup closed, third closed" || took > soon {
		t.Errorf("%s after %v", said, took)
	}
	if said, took := ask(patience, peer(1, "nobody", "wrong")); said != "backup unknown" || took > soon {
		t.Errorf("%s after %v", said, took)
	}
	must(t, w.Servers[1].Pause())
	if said, took := ask(patience, peer(1, "nobody", "n"), peer(0, "nobody", "n")); said != "backup unknown, main open for writes" || took > soon {
		t.Errorf("%s after %v", said, took)
	}
	if said, took := ask(500*time.Millisecond, peer(1, "nobody", "n")); said != "backup unknown" || took > soon {
		t.Errorf("%s after %v", said, took)
	}
	go func() { time.Sleep(500 * time.Millisecond); _ = w.Servers[1].Resume() }()
	if said, took := ask(patience, peer(1, "nobody", "n")); said != "backup closed" || took > 5*time.Second {
		t.Errorf("one that comes late: %s after %v", said, took)
	}
}
