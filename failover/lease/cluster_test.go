package lease_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"jembatan/failover/lease"
)

// Another takes over when the leader's store is closed, when its lease is
// revoked, and when its key is deleted. Epochs grow.
func TestTakeover(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, s *lease.Store){
		"closed": func(t *testing.T, s *lease.Store) {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		},
		"revoked": func(t *testing.T, s *lease.Store) {
			client := s.KV().(*clientv3.Client)
			found, err := client.Get(t.Context(), s.Prefix()+"/leader")
			if err != nil || len(found.Kvs) != 1 {
				t.Fatal(found, err)
			}
			if _, err := client.Revoke(t.Context(), clientv3.LeaseID(found.Kvs[0].Lease)); err != nil {
				t.Fatal(err)
			}
		},
		"deleted": func(t *testing.T, s *lease.Store) {
			if _, err := s.KV().Delete(t.Context(), s.Prefix()+"/leader"); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := cluster(t)
			a := open(t, lease.Options{Endpoints: []string{c.Endpoint}, Holder: "a"})
			first := within(t, "term", lead(t, a).won)
			told, observe := observer()
			b := open(t, lease.Options{Endpoints: []string{c.Endpoint}, Holder: "b", Observe: observe})
			next := lead(t, b)
			if got, want := within(t, "news of the leader", told), (seen{"a", first.term.Epoch(), nil}); got != want {
				t.Errorf("b was told %v, not %v", got, want)
			}
			began := time.Now()
			end(t, a)
			second := within(t, "second term", next.won)
			t.Logf("b leads after %s", time.Since(began))
			if second.term.Epoch() <= first.term.Epoch() {
				t.Errorf("epoch %d after %d", second.term.Epoch(), first.term.Epoch())
			}
			// At once, and not when a renewal has told: the store refuses.
			if _, _, err := first.term.Commit(t.Context(), nil, clientv3.OpPut("/jembatan/x", "y")); !errors.Is(err, lease.ErrNotLeading) {
				t.Errorf("Commit of the old term: %v", err)
			}
			if found, err := b.KV().Get(t.Context(), "/jembatan/x"); err != nil || len(found.Kvs) != 0 {
				t.Errorf("the old term wrote: %v, err %v", found, err)
			}
			within(t, "end of the first term", first.ctx.Done())
			if first.term.Valid() {
				t.Error("two terms are valid")
			}
			if err := second.term.Confirm(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// A leader that cannot reach the store stops within the TTL, whether the store
// is silent or gone, and leads again under a higher epoch when it is back.
func TestUnreachable(t *testing.T) {
	for _, silent := range []bool{true, false} {
		t.Run(fmt.Sprintf("silent %v", silent), func(t *testing.T) {
			c := cluster(t)
			p := newProxy(t, strings.TrimPrefix(c.Endpoint, "unix://"))
			told, observe := observer()
			const ttl = 2 * time.Second
			s := open(t, lease.Options{Endpoints: []string{p.endpoint}, TTL: ttl, Observe: observe})
			r := lead(t, s)
			w := within(t, "term", r.won)
			p.cut(silent)
			began := time.Now()
			within(t, "end of act's context", w.ctx.Done())
			took := time.Since(began)
			t.Logf("act was stopped after %s", took)
			if took > ttl {
				t.Errorf("act was stopped after %s", took)
			}
			if w.term.Valid() {
				t.Error("the term is valid")
			}
			if !errors.Is(context.Cause(w.ctx), lease.ErrNotLeading) {
				t.Errorf("act's context ended with %v", context.Cause(w.ctx))
			}
			if got := within(t, "news of trouble", told); got.err == nil {
				t.Errorf("told %v", got)
			}
			p.mend()
			again := within(t, "second term", r.won)
			if again.term.Epoch() <= w.term.Epoch() {
				t.Errorf("epoch %d after %d", again.term.Epoch(), w.term.Epoch())
			}
		})
	}
}

// A cluster that asks for a password gets it, and no error shows it.
func TestPassword(t *testing.T) {
	c := cluster(t)
	root, err := clientv3.New(clientv3.Config{Endpoints: []string{c.Endpoint}})
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	ctx := t.Context()
	const password = "correct horse"
	_, err1 := root.UserAdd(ctx, "root", password)
	_, err2 := root.RoleAdd(ctx, "root")
	_, err3 := root.UserGrantRole(ctx, "root", "root")
	_, err4 := root.AuthEnable(ctx)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	o := lease.Options{Endpoints: []string{c.Endpoint}, User: "root", TTL: 2 * time.Second}
	o.Password = func() string { return "battery staple" }
	if _, err := lease.Open(ctx, o); err == nil || strings.Contains(fmt.Sprintf("%+v %+v", err, o), "battery") {
		t.Errorf("a wrong password: %v", err)
	}
	o.Password = func() string { return password }
	w := within(t, "term", lead(t, open(t, o)).won)
	until := time.After(3 * time.Second) // longer than one TTL: renewals are let in too
	select {
	case <-until:
	case <-w.ctx.Done():
		t.Errorf("the term ended: %v", context.Cause(w.ctx))
	}
	if err := w.term.Confirm(ctx); err != nil {
		t.Error(err)
	}
}

// A proxy stands between a client and a socket, and can be cut.
type proxy struct {
	endpoint string
	to       string

	mu     sync.Mutex // guards all below
	dead   bool
	silent bool
	conns  []net.Conn
	wake   *sync.Cond // of mu
}

func newProxy(t *testing.T, to string) *proxy {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "p")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{endpoint: "unix://" + socket, to: to}
	p.wake = sync.NewCond(&p.mu)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { p.serve(in, &wg) })
		}
	})
	t.Cleanup(func() { l.Close(); p.cut(false); wg.Wait() })
	return p
}

func (p *proxy) serve(in net.Conn, wg *sync.WaitGroup) {
	p.mu.Lock()
	dead := p.dead && !p.silent
	p.mu.Unlock()
	if dead {
		in.Close()
		return
	}
	out, err := net.Dial("unix", p.to)
	if err != nil {
		in.Close()
		return
	}
	p.mu.Lock()
	p.conns = append(p.conns, in, out)
	p.mu.Unlock()
	for _, d := range [][2]net.Conn{{in, out}, {out, in}} {
		wg.Go(func() { p.copy(d[0], d[1]) })
	}
}

// copy stands still while the proxy is silent.
func (p *proxy) copy(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	b := make([]byte, 64<<10)
	for {
		n, err := from.Read(b)
		p.mu.Lock()
		for p.dead && p.silent {
			p.wake.Wait()
		}
		p.mu.Unlock()
		if _, werr := to.Write(b[:n]); err != nil || werr != nil {
			return
		}
	}
}

// cut lets nothing through any more; silently, or with all connections closed.
func (p *proxy) cut(silent bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dead, p.silent = true, silent
	if !silent {
		for _, c := range p.conns {
			c.Close()
		}
		p.conns = nil
	}
	p.wake.Broadcast()
}

// mend lets all through.
func (p *proxy) mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dead = false
	p.wake.Broadcast()
}
