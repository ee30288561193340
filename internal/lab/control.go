//go:build linux

package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// A request is what a lab command asks of a lab. Files come beside it.
type request struct {
	Verb  string
	Host  string
	Args  []string
	Dir   string
	Env   []string
	Ping  *PingOptions
	files []*os.File
}

// A reply is the lab's answer.
type reply struct {
	Error string
	Code  int // of a command that was run
	Data  json.RawMessage
}

// maxRequest bounds a request.
const maxRequest = 256 << 10

// control serves lab commands until ctx ends or one says "down".
func (w *world) control(ctx context.Context, down func(), f *os.File) error {
	l, err := net.FileListener(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("control socket: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	var wait sync.WaitGroup
	defer wait.Wait()
	for {
		c, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("control socket: %w", err)
		}
		wait.Go(func() {
			defer c.Close()
			w.answer(ctx, down, c.(*net.UnixConn))
		})
	}
}

// answer serves one request.
func (w *world) answer(ctx context.Context, down func(), c *net.UnixConn) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r, err := receive(c)
	var out reply
	if err == nil {
		defer closeAll(r.files)
		go func() { // Whoever asked and left wants no answer.
			var b [1]byte
			_, _ = c.Read(b[:])
			cancel()
		}()
		var data any
		data, out.Code, err = w.do(ctx, r)
		if err == nil && data != nil {
			out.Data, err = json.Marshal(data)
		}
	}
	if err != nil {
		out.Error = err.Error()
	}
	_ = json.NewEncoder(c).Encode(out) // It may have left.
	if r != nil && r.Verb == "down" {
		down()
	}
}

func closeAll(files []*os.File) {
	for _, f := range files {
		_ = f.Close()
	}
}

// do carries a request out.
func (w *world) do(ctx context.Context, r *request) (data any, code int, err error) {
	switch r.Verb {
	case "down":
		return nil, 0, nil
	case "status":
		return w.status(), 0, nil
	case "exec":
		code, err = w.exec(ctx, r)
		return nil, code, err
	case "load":
		code, err = w.load(ctx, r)
		return nil, code, err
	case "acked":
		data, err = w.acked(ctx, r.Host, r.Args)
		return data, 0, err
	case "ping":
		data, err = w.pingFrom(ctx, r.Host, r.Ping)
		return data, 0, err
	case "get":
		data, err = w.getFrom(ctx, r.Host, r.Args)
		return data, 0, err
	case "fault":
		data, err = w.fault(ctx, r.Args)
		return data, 0, err
	case "capture":
		return nil, 0, w.capture(ctx, r)
	case "logs":
		data, err = w.logs(r.Host)
		return data, 0, err
	}
	return nil, 0, fmt.Errorf("the lab knows no command %q", r.Verb)
}

// receive reads one request with its files from a peer that is the same user.
func receive(c *net.UnixConn) (*request, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	var cred *unix.Ucred
	if e := raw.Control(func(fd uintptr) { cred, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) }); e != nil || err != nil {
		return nil, errors.Join(e, err)
	}
	if int(cred.Uid) != os.Getuid() {
		return nil, errors.New("the lab belongs to another user")
	}
	buf, oob := make([]byte, maxRequest), make([]byte, unix.CmsgSpace(8*4))
	var text []byte
	r := &request{}
	for {
		n, oobn, _, _, err := c.ReadMsgUnix(buf, oob)
		if err != nil || n == 0 {
			return nil, fmt.Errorf("request: %w", err)
		}
		if oobn > 0 {
			if err := r.take(oob[:oobn]); err != nil {
				return nil, err
			}
		}
		text = append(text, buf[:n]...)
		if text[len(text)-1] == '\n' {
			break
		}
		if len(text) > maxRequest {
			return nil, errors.New("request too long")
		}
	}
	if err := json.Unmarshal(text, r); err != nil {
		closeAll(r.files)
		return nil, fmt.Errorf("request: %w", err)
	}
	return r, nil
}

// take keeps the files of a message.
func (r *request) take(oob []byte) error {
	msgs, err := syscall.ParseSocketControlMessage(oob)
	if err != nil {
		return err
	}
	for i := range msgs {
		fds, err := syscall.ParseUnixRights(&msgs[i])
		if err != nil {
			continue
		}
		for _, fd := range fds {
			syscall.CloseOnExec(fd)
			r.files = append(r.files, os.NewFile(uintptr(fd), "passed"))
		}
	}
	return nil
}
