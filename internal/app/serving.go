package app

import (
	"crypto/tls"
	"path/filepath"

	"jembatan/internal/config"
	"jembatan/routeros"
	"jembatan/tunnel"
)

// Fleet returns the sessions with the topology's routers. They end with Close.
func (a *App) Fleet() *routeros.Fleet { return a.fleet }

// File is the path of the topology, as it was given.
func (a *App) File() string { return a.file }

// DataDir is where the controller keeps what must survive it.
func DataDir(s config.Settings, env Lookup) string {
	if s.Store.Dir != "" {
		return s.Store.Dir
	}
	return filepath.Join(filepath.Dir(StateDir(s.StateDir, env)), "controller")
}

// SocketPath is where the controller listens for commands.
func SocketPath(s config.Settings, env Lookup) string {
	if s.Serve.Socket != "" {
		return s.Serve.Socket
	}
	return filepath.Join(filepath.Dir(StateDir(s.StateDir, env)), "controller.sock")
}

// DatabaseTLS returns how databases prove who they are, by the address that is
// dialed; nil is plaintext.
func DatabaseTLS(t tunnel.TLS) (*tls.Config, error) {
	o, err := tlsOptions(t)
	if o == nil || err != nil {
		return nil, err
	}
	return o.Config("")
}
