package mariadb_test

import (
	"context"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"jembatan/internal/mariadb"
)

// TestShapes starts every shape and sees a row of each server on all others.
func TestShapes(t *testing.T) {
	for _, c := range []struct {
		name string
		o    mariadb.Options
	}{
		{"pair", mariadb.Options{Servers: 2, Shape: mariadb.Ring}},
		{"ring", mariadb.Options{Servers: 3, Shape: mariadb.Ring}},
		{"star", mariadb.Options{Servers: 3, Shape: mariadb.Star, Args: []string{"--gtid-ignore-duplicates=ON"}}},
		{"all", mariadb.Options{Servers: 3, Shape: mariadb.All, Args: []string{"--gtid-ignore-duplicates=ON"}}},
	} {
		t.Run(c.name, func(t *testing.T) { travels(t, mariadb.Test(t, c.o)) })
	}
}

func TestMySQLPair(t *testing.T) {
	travels(t, mariadb.TestMySQL(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring}))
}

func travels(t *testing.T, c *mariadb.Cluster) {
	t.Helper()
	if err := c.Servers[0].Exec(t.Context(), "CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY)"); err != nil {
		t.Fatal(err)
	}
	for i, s := range c.Servers {
		wait(t, c, 0)
		if err := s.Exec(t.Context(), "INSERT INTO d.t VALUES ("+strconv.Itoa(i)+")"); err != nil {
			t.Fatal(err)
		}
		wait(t, c, i+1)
	}
}

// wait polls until every server has n rows.
func wait(t *testing.T, c *mariadb.Cluster, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	for _, s := range c.Servers {
		for {
			var got int
			err := s.Root().QueryRowContext(ctx, "SELECT COUNT(*) FROM d.t").Scan(&got)
			if err == nil && got >= n {
				break
			}
			if ctx.Err() != nil {
				t.Fatalf("server %d has %d rows, want %d: %v", s.ID, got, n, err)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// TestNothingIsLeft closes a cluster with a paused and a killed server.
func TestNothingIsLeft(t *testing.T) {
	c := mariadb.Test(t, mariadb.Options{Servers: 2, Shape: mariadb.Ring})
	if err := c.Servers[0].Pause(); err != nil {
		t.Fatal(err)
	}
	c.Servers[1].Kill()
	if err := c.Servers[1].Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	pid, socket := c.Servers[0].Pid(), c.Servers[0].Socket()
	c.Close()
	if err := syscall.Kill(pid, 0); err == nil {
		t.Error("a paused server lives on")
	}
	if _, err := os.Stat(socket); err == nil {
		t.Error("files are left")
	}
}
