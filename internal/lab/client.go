//go:build linux

package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"

	"jembatan/tunnel/spec"
)

// A Client talks to a running lab.
type Client struct {
	name      string
	endpoints map[string]spec.Endpoint // only for who started it
}

// NameOf returns the name of the lab of a topology file: the same for the same
// path, whatever the working directory.
func NameOf(file string) string {
	path, err := filepath.Abs(file)
	if err != nil {
		path = file
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(path))
	return fmt.Sprintf("%s-%08x", filepath.Base(file), h.Sum32())
}

// Open returns a client of the lab of that name; whether it is up shows when it
// is asked something.
func Open(name string) *Client { return &Client{name: name} }

// ErrDown is returned when there is no such lab.
var ErrDown = errors.New("the lab is not up")

// call asks the lab something. Files go along; out takes the answer's data.
func (c *Client) call(ctx context.Context, r request, files []*os.File, out any) (int, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "unix", controlName(c.name))
	if err != nil {
		if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ENOENT) {
			return 0, fmt.Errorf("lab %s: %w", c.name, ErrDown)
		}
		return 0, fmt.Errorf("lab %s: %w", c.name, err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	b, err := json.Marshal(r)
	if err != nil {
		return 0, err
	}
	var rights []byte
	if len(files) > 0 {
		fds := make([]int, len(files))
		for i, f := range files {
			fds[i] = int(f.Fd())
		}
		rights = syscall.UnixRights(fds...)
	}
	if _, _, err := conn.(*net.UnixConn).WriteMsgUnix(append(b, '\n'), rights, nil); err != nil {
		return 0, fmt.Errorf("lab %s: %w", c.name, err)
	}
	var answer reply
	if err := json.NewDecoder(conn).Decode(&answer); err != nil {
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		if errors.Is(err, io.EOF) {
			err = ErrDown
		}
		return 0, fmt.Errorf("lab %s: %w", c.name, err)
	}
	if answer.Error != "" {
		return 0, errors.New(answer.Error)
	}
	if out != nil && len(answer.Data) > 0 {
		if err := json.Unmarshal(answer.Data, out); err != nil {
			return 0, fmt.Errorf("lab %s: %w", c.name, err)
		}
	}
	return answer.Code, nil
}

// Down ends the lab.
func (c *Client) Down(ctx context.Context) error {
	_, err := c.call(ctx, request{Verb: "down"}, nil, nil)
	return err
}

// Status returns what there is and how it does.
func (c *Client) Status(ctx context.Context) (*Status, error) {
	s := &Status{}
	_, err := c.call(ctx, request{Verb: "status"}, nil, s)
	return s, err
}

// Exec runs a command inside a router or a host, with these streams, and returns
// its exit code. It ends with ctx.
func (c *Client) Exec(ctx context.Context, host string, argv []string, stdin, stdout, stderr *os.File) (int, error) {
	dir, err := os.Getwd()
	if err != nil {
		dir = "/"
	}
	r := request{Verb: "exec", Host: host, Args: argv, Dir: dir, Env: os.Environ()}
	return c.call(ctx, r, []*os.File{stdin, stdout, stderr}, nil)
}

// Ping pings from inside a router or a host.
func (c *Client) Ping(ctx context.Context, host string, o PingOptions) (*PingResult, error) {
	r := &PingResult{}
	_, err := c.call(ctx, request{Verb: "ping", Host: host, Ping: &o}, nil, r)
	return r, err
}

// Get makes an HTTP request from inside a host.
func (c *Client) Get(ctx context.Context, host, url string) (*GetResult, error) {
	r := &GetResult{}
	_, err := c.call(ctx, request{Verb: "get", Host: host, Args: []string{url}}, nil, r)
	return r, err
}

// Fault makes, lists or takes back faults; see FaultKinds for the words.
func (c *Client) Fault(ctx context.Context, args ...string) ([]Fault, error) {
	var out []Fault
	_, err := c.call(ctx, request{Verb: "fault", Args: args}, nil, &out)
	return out, err
}

// Capture writes the packets of a link to a file until ctx ends or count packets
// were seen (0: no end).
func (c *Client) Capture(ctx context.Context, link string, to *os.File, count int) error {
	_, err := c.call(ctx, request{Verb: "capture", Host: link, Args: []string{fmt.Sprint(count)}}, []*os.File{to}, nil)
	if ctx.Err() != nil {
		err = nil // That is how a capture ends.
	}
	return err
}

// Logs returns the logs of a host by program.
func (c *Client) Logs(ctx context.Context, host string) (map[string]string, error) {
	out := map[string]string{}
	_, err := c.call(ctx, request{Verb: "logs", Host: host}, nil, &out)
	return out, err
}
