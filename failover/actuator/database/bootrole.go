package database

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"syscall"
	"time"

	"jembatan/health/replication"
)

// A BootRole is what MariaDB is told about itself before it starts
// (init_rpl_role), and all that it changes is crash recovery: as SLAVE the server
// throws away the end of its binary log that its storage engine had not committed,
// as MASTER, its own default, it commits it. See DESIGN.md, "Boot role".
type BootRole uint8

// Roles.
const (
	BootRoleUnknown BootRole = iota
	BootMaster
	BootSlave
)

// String spells the role as the server does.
func (r BootRole) String() string {
	switch r {
	case BootMaster:
		return "MASTER"
	case BootSlave:
		return "SLAVE"
	case BootRoleUnknown:
	}
	return "unknown"
}

// A PeerState is whether another server takes writes.
type PeerState uint8

// States of a peer.
const (
	PeerUnknown PeerState = iota // it gave no answer, or none that says
	PeerClosed                   // it is read-only, or its machine refuses connections: no server runs there
	PeerOpen                     // ordinary users may write there
)

// String is the word for people.
func (p PeerState) String() string {
	switch p {
	case PeerClosed:
		return "closed"
	case PeerOpen:
		return "open for writes"
	case PeerUnknown:
	}
	return "unknown"
}

// A Peer is another server of the service. Any account that may log in will do;
// it needs no privilege. The caller owns the handle.
type Peer struct {
	Name string
	DB   *sql.DB
}

// A PeerAnswer is what became known of one peer.
type PeerAnswer struct {
	Peer  string
	State PeerState
	Err   error // why the state is unknown, or closed without an answer
}

// DecideBootRole returns SLAVE only when a peer was seen open for writes: then
// this server is not the active one, and the peer was opened with everything that
// was acknowledged. In every other case, with no answers too, it is MASTER, which
// never throws anything away.
func DecideBootRole(answers []PeerAnswer) BootRole {
	for _, a := range answers {
		if a.State == PeerOpen {
			return BootSlave
		}
	}
	return BootMaster
}

// AskPeers asks all peers at the same time, those that cannot be reached again and
// again, and returns when one is open, when of each it is known whether it is, or
// when ctx ends. The answers are in the order of the peers. It never fails: what
// is not known is said so.
func AskPeers(ctx context.Context, peers []Peer) []PeerAnswer {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	out := make([]PeerAnswer, len(peers))
	var all sync.WaitGroup
	for i, p := range peers {
		all.Go(func() {
			out[i] = p.ask(ctx)
			if out[i].State == PeerOpen {
				cancel() // Nothing else matters any more.
			}
		})
	}
	all.Wait()
	return out
}

// Limits of one question, and the pause before the next.
const (
	peerAnswer = 2 * time.Second
	peerPause  = 250 * time.Millisecond
)

// ask asks until there is an answer or ctx ends.
func (p Peer) ask(ctx context.Context) PeerAnswer {
	out := PeerAnswer{Peer: p.Name, Err: context.Cause(ctx)}
	for ctx.Err() == nil {
		state, err := p.look(ctx)
		if err == nil || ctx.Err() == nil || out.Err == nil {
			out.State, out.Err = state, err
		}
		if state != PeerUnknown || refused(err) || pause(ctx, peerPause) != nil {
			break
		}
	}
	return out
}

// look asks once.
func (p Peer) look(ctx context.Context) (PeerState, error) {
	ctx, cancel := context.WithTimeout(ctx, peerAnswer)
	defer cancel()
	var value sql.NullString
	err := p.DB.QueryRowContext(ctx, "SELECT @@GLOBAL.read_only").Scan(&value)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return PeerClosed, err
	case err != nil:
		return PeerUnknown, err
	}
	switch flag(value) {
	case replication.Yes:
		return PeerClosed, nil
	case replication.No:
		return PeerOpen, nil
	case replication.FlagUnknown:
	}
	return PeerUnknown, ErrUnproven
}

// Error numbers by which a server does not let an account in.
const (
	errnoDenied = 1045 // ER_ACCESS_DENIED_ERROR
	errnoHost   = 1130 // ER_HOST_NOT_PRIVILEGED
)

// refused reports whether asking again would not help.
func refused(err error) bool {
	n := errno(err)
	return n == errnoDenied || n == errnoHost || errors.Is(err, ErrUnproven)
}
