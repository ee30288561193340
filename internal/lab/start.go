//go:build linux

package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"jembatan/tunnel/spec"
)

// Options say what a lab is made of.
type Options struct {
	// Name tells labs of one user apart; see NameOf.
	Name string
	// File and Source are the topology; File is for messages.
	File   string
	Source []byte
	// Secrets are the values of the topology's secret references, by their String.
	Secrets map[string]string
	// Versions are RouterOS releases, given to the routers in turn; none means
	// the emulator's default.
	Versions []string
	Clients  int
	// Controller is the router at whose site the host "controller" stands: one
	// cable in the segment there, one to the internet. Empty: there is none.
	Controller string
	// Databases is how many servers of each service run a database, of the engine
	// that the topology names, each following all others; 0: none. All boot
	// read-only.
	Databases int
	// MySQLRoot is a root directory that has MySQL, for services that want it;
	// empty: it is the machine's own.
	MySQLRoot string
	// Open says which of them takes writes when the lab is up: OpenFirst, which
	// is also the zero value, the first of each service; OpenNone; or a server.
	Open string
	// SemiSync lets every server acknowledge what it receives. Whoever
	// opens a server switches its source side on.
	SemiSync bool
	// ReplicateAtBoot starts replication when a database is switched on again;
	// without it nothing flows until somebody starts it.
	ReplicateAtBoot bool
	// Links are qualities of WAN links from the start, by "router.uplink", or
	// "*" for all; see ParseQuality.
	Links map[string]string
	// Listen and PortBase say where the routers' API is served outside: router
	// i at PortBase+i; 0 takes free ports.
	Listen   string
	PortBase int
	// Log gets what the lab's own process prints. Nil drops it.
	Log io.Writer
}

// A Lab is a running lab, as who started it sees it.
type Lab struct {
	*Client

	info   info
	inside map[string]spec.Endpoint
	life   *os.File // its other end in the lab means: go on
	ended  chan struct{}
	err    error
	pid    int
}

// info is what a lab tells when it is ready.
type info struct {
	Error       string
	Fingerprint string
	Routers     []string
	Took        time.Duration
}

// Environment of the processes that a lab is made of.
const (
	stageEnv   = "JEMBATAN_LAB_STAGE"
	configEnv  = "JEMBATAN_LAB_CONFIG"
	stageWorld = "world"
	stageWeb   = "web"
	stageLoad  = "load"
	stageRole  = "role"
)

// Files that the world gets beside its standard streams.
const (
	fdControl = 3 + iota
	fdConfig
	fdReady
	fdFirstAPI
)

// Start makes a lab and returns when its routers answer and its servers serve.
// It ends with Close, with ctx, or with this process.
func Start(ctx context.Context, o Options) (*Lab, error) {
	if os.Getenv(stageEnv) != "" {
		return nil, errors.New("lab: this program does not call lab.Stage first")
	}
	t, problems := spec.Parse(o.File, o.Source)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	control, err := listenControl(o.Name)
	if err != nil {
		return nil, err
	}
	defer control.Close()
	api, addresses, err := listenAPI(ctx, o, len(t.Routers))
	if err != nil {
		return nil, err
	}
	l := &Lab{Client: &Client{name: o.Name}, ended: make(chan struct{})}
	ready, err := l.launch(o, control, api)
	for _, f := range api {
		_ = f.Close() // The lab has its own copy.
	}
	if err != nil {
		return nil, err
	}
	defer ready.Close()
	stop := context.AfterFunc(ctx, func() { _ = l.life.Close() })
	err = json.NewDecoder(ready).Decode(&l.info)
	if err == nil && l.info.Error != "" {
		err = errors.New(l.info.Error)
	}
	if err != nil {
		stop()
		_ = l.Close()
		if errors.Is(err, io.EOF) {
			err = fmt.Errorf("the lab ended before it was ready: %w", l.err)
		}
		return nil, fmt.Errorf("lab: %w", err)
	}
	l.Client.endpoints = map[string]spec.Endpoint{}
	for i, r := range t.Routers {
		l.Client.endpoints[r.Name] = spec.Endpoint{Address: addresses[i], Fingerprint: "sha256:" + l.info.Fingerprint}
	}
	l.inside = inside(t, l.info.Fingerprint)
	return l, nil
}

// launch starts the lab's first process in namespaces of its own.
func (l *Lab) launch(o Options, control *os.File, api []*os.File) (ready *os.File, err error) {
	configR, configW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer configR.Close()
	readyR, readyW, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, configW.Close())
	}
	defer readyW.Close()
	cmd := exec.Command("/proc/self/exe") //nolint:noctx // It ends by its life line.
	cmd.Args = []string{"jembatan-lab", o.Name}
	cmd.Env = append(os.Environ(), stageEnv+"="+stageWorld)
	cmd.Stdout, cmd.Stderr = o.Log, o.Log
	cmd.ExtraFiles = append([]*os.File{control, configR, readyW}, api...)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS,
		Pdeathsig:  syscall.SIGKILL,
	}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	started := make(chan error, 1)
	go func() {
		// The kernel sends the death signal when the thread ends that started the
		// process, so the thread has to stay.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if err == nil {
			l.pid = cmd.Process.Pid
		}
		started <- err
		if err == nil {
			l.err = cmd.Wait()
		}
		close(l.ended)
	}()
	if err := <-started; err != nil {
		return nil, errors.Join(missing(err), configW.Close(), readyR.Close())
	}
	l.life = configW
	if err := json.NewEncoder(configW).Encode(o); err != nil {
		return nil, errors.Join(err, l.Close(), readyR.Close())
	}
	return readyR, nil
}

// missing says what keeps the lab from having namespaces.
func missing(err error) error {
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EINVAL) {
		return fmt.Errorf("the lab needs network, mount and pid namespaces: run it as root, or allow unprivileged user namespaces "+
			"(sysctl kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000; in a container --privileged): %w", err)
	}
	return fmt.Errorf("start the lab: %w", err)
}

// MarshalJSON leaves the log writer out.
func (o Options) MarshalJSON() ([]byte, error) {
	type plain Options
	p := plain(o)
	p.Log = nil
	return json.Marshal(p)
}

// listenControl opens the socket that lab commands talk to. Its name is
// abstract: it lives as long as the lab and leaves no file.
func listenControl(name string) (*os.File, error) {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: controlName(name), Net: "unix"})
	if err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			return nil, fmt.Errorf("lab %s is up already: end it with \"lab down\", or give this one another --name", name)
		}
		return nil, fmt.Errorf("lab control socket: %w", err)
	}
	f, err := l.File()
	return f, errors.Join(err, l.Close())
}

// controlName is the abstract address of a lab's socket.
func controlName(name string) string { return fmt.Sprintf("@jembatan-lab-%d-%s", os.Getuid(), name) }

// listenAPI opens a listener for each router's API.
func listenAPI(ctx context.Context, o Options, n int) (files []*os.File, addresses []string, err error) {
	host := o.Listen
	if host == "" {
		host = "127.0.0.1"
	}
	for i := range n {
		port := 0
		if o.PortBase != 0 {
			port = o.PortBase + i
		}
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err != nil {
			return nil, nil, fmt.Errorf("API outside the lab: %w", err)
		}
		f, err := l.(*net.TCPListener).File()
		addresses = append(addresses, l.Addr().String())
		if err = errors.Join(err, l.Close()); err != nil {
			return nil, nil, err
		}
		files = append(files, f)
	}
	return files, addresses, nil
}

// Took returns how long the lab took from nothing to ready.
func (l *Lab) Took() time.Duration { return l.info.Took }

// Endpoints returns where each router's API is served outside the lab.
func (l *Lab) Endpoints() map[string]spec.Endpoint { return l.endpoints }

// Inside returns where each router's API answers inside the lab, for programs
// that run in it: real addresses of uplinks, over the WAN links.
func (l *Lab) Inside() map[string]spec.Endpoint { return l.inside }

// Wait returns when the lab has ended.
func (l *Lab) Wait() error {
	<-l.ended
	return l.err
}

// ErrKilled is returned when a lab did not end by itself.
var ErrKilled = fmt.Errorf("the lab did not end within %v and was killed", closePatience)

// closePatience is how long a lab may take to end by itself: its programs are
// killed, and the kernel takes namespaces apart afterwards.
const closePatience = 20 * time.Second

// Close ends the lab and returns when nothing of it is left. One that does not end
// by itself is killed, after it was asked to tell its log what it is at.
func (l *Lab) Close() error {
	_ = l.life.Close() // Closed already when its context has ended.
	for _, sig := range []syscall.Signal{syscall.SIGQUIT, syscall.SIGKILL} {
		t := time.NewTimer(closePatience)
		select {
		case <-l.ended:
			t.Stop()
			if sig == syscall.SIGKILL {
				return errors.Join(ErrKilled, l.err)
			}
			return l.err
		case <-t.C:
			_ = syscall.Kill(l.pid, sig) // Gone already is fine.
		}
	}
	<-l.ended
	return errors.Join(ErrKilled, l.err)
}
