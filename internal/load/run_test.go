package load

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"jembatan/internal/mariadb"
)

// TestPages uses a server that hangs, refuses and hangs up for a while.
func TestPages(t *testing.T) {
	var state atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "main")
		switch state.Load() {
		case 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 2:
			select {
			case <-r.Context().Done():
			case <-time.After(10 * time.Second):
			}
		}
	}))
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	read, records := follow(ctx, t, Options{URL: s.URL, Every: 2 * time.Millisecond, Timeout: 50 * time.Millisecond})
	for i, want := range []Reason{"", Status, TimedOut, ""} {
		state.Store(int32(i % 3))
		read(func(r Record) bool { return r.Why == want })
	}
	cancel()
	got := Summarise(records(), HTTP)
	if got.Why[Status] == 0 || got.Why[TimedOut] == 0 || got.By["main"] == 0 || got.Lost != got.Why[Status]+got.Why[TimedOut] {
		t.Errorf("%+v", got)
	}
}

// follow runs a load; read waits for a record, records waits for the end.
func follow(ctx context.Context, t *testing.T, o Options) (read func(func(Record) bool), records func() []Record) {
	t.Helper()
	pipe := make(lines, 1<<16)
	ended := make(chan error, 1)
	go func() {
		ended <- Run(ctx, o, pipe)
		close(pipe)
	}()
	var all []Record
	read = func(ok func(Record) bool) {
		t.Helper()
		for b := range pipe {
			more, err := Read(bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, more...)
			if slices.ContainsFunc(more, ok) {
				return
			}
		}
	}
	return read, func() []Record {
		t.Helper()
		read(func(Record) bool { return false })
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		return all
	}
}

// lines hands on what is written at once: whole lines.
type lines chan []byte

func (l lines) Write(b []byte) (int, error) {
	l <- bytes.Clone(b)
	return len(b), nil
}

// TestRows inserts into a real server, which is fenced, killed and started again.
func TestRows(t *testing.T) {
	s := mariadb.Test(t, mariadb.Options{}).Servers[0]
	exec := func(q ...string) {
		t.Helper()
		if err := s.Exec(t.Context(), q...); err != nil {
			t.Fatal(err)
		}
	}
	exec("CREATE DATABASE lab", "CREATE TABLE lab.acked (id BIGINT PRIMARY KEY, at BIGINT NOT NULL)",
		"CREATE USER app@'%' IDENTIFIED BY 'lab'", "GRANT ALL ON lab.* TO app@'%'")
	ctx, cancel := context.WithCancel(t.Context())
	read, records := follow(ctx, t, Options{Database: s.Address(), Rows: time.Millisecond})
	read(func(r Record) bool { return r.OK })
	exec("SET GLOBAL read_only=1")
	read(func(r Record) bool { return r.Why == ReadOnly })
	exec("SET GLOBAL read_only=0")
	read(func(r Record) bool { return r.OK })
	s.Kill()
	read(func(r Record) bool { return r.Why == Refused })
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	read(func(r Record) bool { return r.OK })
	cancel()
	all := records()
	t.Log(Summarise(all, SQL))
	have, err := s.Root().QueryContext(t.Context(), "SELECT id FROM lab.acked")
	if err != nil {
		t.Fatal(err)
	}
	defer have.Close()
	var ids []int64
	for have.Next() {
		var id int64
		if err := have.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if m := Missing(Acked(all), ids); len(m) != 0 || have.Err() != nil {
		t.Errorf("%d acknowledged rows are missing: %v", len(m), have.Err())
	}
}

func TestReasons(t *testing.T) {
	for err, want := range map[error]Reason{
		errors.New("Error 1290 (HY000): The MariaDB server is running with the --read-only option"): ReadOnly,
		errors.New("Error 1045 (28000): Access denied"):                                             Denied,
		errors.New("Error 1927 (70100): Connection was killed"):                                     Reset,
		&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}:                                         Refused,
		&net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}:                                         Unreachable,
		context.DeadlineExceeded:                                                                    TimedOut,
		errors.New("invalid connection"):                                                            Reset,
		errors.New("Error in the sky"):                                                              Other,
	} {
		if got := reasonOf(err); got != want {
			t.Errorf("%v: %s, want %s", err, got, want)
		}
	}
}

func TestRead(t *testing.T) {
	records, err := Read(strings.NewReader(`{"kind":"sql","at":1,"end":2,"ok":true,"id":3}` + "\n" + `{"kind":"sql","at":1,"e`))
	if err != nil || len(records) != 1 || records[0].ID != 3 {
		t.Errorf("%v %v", records, err)
	}
	if _, err := Read(strings.NewReader("nonsense\n")); err == nil {
		t.Error("nonsense is a record")
	}
}
