//go:build linux

package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"time"
)

// webConfig is what a server process of the lab is told.
type webConfig struct {
	Name      string
	HTTP, TCP []uint16
}

// startServers starts what the servers of the topology run.
func (w *world) startServers(ctx context.Context, o *Options) error {
	for _, h := range w.hosts {
		if h.plan.Kind != server || len(h.plan.HTTP)+len(h.plan.TCP) == 0 {
			continue
		}
		b, err := json.Marshal(webConfig{h.name(), h.plan.HTTP, h.plan.TCP})
		if err != nil {
			return err
		}
		err = h.add("web", func() *exec.Cmd {
			cmd := exec.Command("/proc/self/exe") //nolint:noctx // It lives as long as its host.
			cmd.Args = []string{"lab-web"}
			cmd.Env = append(os.Environ(), stageEnv+"="+stageWeb, configEnv+"="+string(b))
			return cmd
		})
		if err != nil {
			return err
		}
	}
	if err := each(len(w.hosts), func(i int) error { return w.hosts[i].ready(ctx) }); err != nil {
		return err
	}
	return w.startDatabases(ctx, o)
}

// readyTimeout bounds the wait for a server's ports.
const readyTimeout = 5 * time.Second

// ready waits until the built-in programs of a host accept connections.
func (h *host) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	for _, port := range slices.Concat(h.plan.HTTP, h.plan.TCP) {
		address := net.JoinHostPort(h.plan.Address.Addr().String(), strconv.Itoa(int(port)))
		for !h.space.fetch("tcp-conn", address, readyTimeout) {
			select {
			case <-ctx.Done():
				return fmt.Errorf("%s does not listen on port %d", h.name(), port)
			case <-time.After(5 * time.Millisecond):
			}
		}
	}
	return nil
}

// web is the program of a server: pages over HTTP, and an echo with a banner on
// other ports. GET /health answers 200.
func web() error {
	var c webConfig
	if err := json.Unmarshal([]byte(os.Getenv(configEnv)), &c); err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/health", func(rw http.ResponseWriter, _ *http.Request) { fmt.Fprintf(rw, "ok %s\n", c.Name) })
	mux.HandleFunc("/", func(rw http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(rw, "%s answers %s\n", c.Name, r.RemoteAddr)
	})
	named := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Server", c.Name)
		mux.ServeHTTP(rw, r)
	})
	errs := make(chan error)
	for _, port := range c.HTTP {
		s := &http.Server{Addr: fmt.Sprintf(":%d", port), Handler: named, ReadHeaderTimeout: 10 * time.Second}
		go func() { errs <- s.ListenAndServe() }()
	}
	for _, port := range c.TCP {
		l, err := new(net.ListenConfig).Listen(context.Background(), "tcp4", fmt.Sprintf(":%d", port))
		if err != nil {
			return err
		}
		go func() { errs <- echo(l, c.Name) }()
	}
	return <-errs
}

// echo greets with the host's name and sends back what it gets.
func echo(l net.Listener, name string) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			_, _ = io.WriteString(c, name+"\n")
			_, _ = io.Copy(c, c) // Until the client has enough.
		}()
	}
}
