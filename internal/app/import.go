package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"

	"jembatan/tunnel"
	"jembatan/tunnel/adopt"
	"jembatan/tunnel/spec"
)

// ImportOptions say what is imported. Routers or Exports are given, or both.
type ImportOptions struct {
	Routers []string // addresses of live routers, host or host:port
	Exports []string // files and folders
	// Login is for the live routers, and what the topology says of all routers.
	// Without a password it names the variable PasswordVariable.
	Login Login
}

// PasswordVariable is where an imported topology has the routers' password, when
// nobody says otherwise.
const PasswordVariable = "JEMBATAN_PASSWORD" //nolint:gosec // A name, no password.

// importUser is the user of an imported topology, when nobody says otherwise.
const importUser = "jembatan"

// An Imported is a topology made of existing networks.
type Imported struct {
	Topology *tunnel.Topology
	Text     []byte // the topology file
	Notes    []adopt.Note
	// Unread says which sources could not be read, and why.
	Unread []string
}

// Import reads routers and exports and makes the topology of what they are.
// What could not be read is in the result; the error is for when nothing could,
// and for a login that cannot be used.
func Import(ctx context.Context, opts ImportOptions, app Options) (*Imported, error) {
	if len(opts.Routers)+len(opts.Exports) == 0 {
		return nil, errors.New("nothing to import: give --router or --export")
	}
	if opts.Login.Password.IsZero() {
		opts.Login.Password = tunnel.SecretRef{Env: PasswordVariable}
	}
	if err := absolute(&opts.Login.Password.File, &opts.Login.TLS.CAFile); err != nil {
		return nil, err
	}
	out := &Imported{}
	sources, err := out.live(ctx, opts, app)
	if err != nil {
		return nil, err
	}
	sources = append(sources, out.exports(opts)...)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("import: %w", context.Cause(ctx))
	}
	if len(sources) == 0 && len(out.Unread) == 0 {
		return nil, errors.New("nothing could be read: no file is a RouterOS export")
	}
	if len(sources) == 0 {
		return nil, fmt.Errorf("nothing could be read: %s", out.Unread[0])
	}
	var notes []adopt.Note
	out.Topology, notes = adopt.From(sources)
	for _, why := range out.Unread {
		notes = append(notes, adopt.Note{Text: "not read: " + why})
	}
	out.Notes = append(notes, out.Notes...)
	return out, out.write()
}

// absolute makes paths mean the same wherever the topology is written.
func absolute(paths ...*string) error {
	for _, p := range paths {
		if *p == "" {
			continue
		}
		abs, err := filepath.Abs(*p)
		if err != nil {
			return fmt.Errorf("import: %w", err)
		}
		*p = abs
	}
	return nil
}

// live reads the routers.
func (im *Imported) live(ctx context.Context, opts ImportOptions, app Options) ([]adopt.Source, error) {
	if len(opts.Routers) == 0 {
		return nil, nil
	}
	if opts.Login.User == "" {
		return nil, errors.New("--router needs --user")
	}
	login := tunnel.Credentials(opts.Login)
	t := &tunnel.Topology{}
	for _, addr := range opts.Routers {
		addr = withPort(addr, login.TLS.Off)
		if _, again := t.Router(addr); !again {
			t.Routers = append(t.Routers, tunnel.Router{Name: addr, Address: addr, Credentials: login})
		}
	}
	a, err := openTopology(t, app)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	var out []adopt.Source
	for i, o := range a.observe(ctx, false) {
		if o.Unread != "" {
			im.Unread = append(im.Unread, t.Routers[i].Address+": "+o.Unread)
			continue
		}
		name, _, err := net.SplitHostPort(o.Router)
		if err != nil {
			name = o.Router
		}
		out = append(out, adopt.Source{
			Where: t.Routers[i].Address, Live: true, Name: name,
			Address: t.Routers[i].Address, Credentials: login, Observed: o,
		})
	}
	return out, nil
}

// exports reads the files.
func (im *Imported) exports(opts ImportOptions) []adopt.Source {
	login := tunnel.Credentials(opts.Login)
	if login.User == "" {
		login.User = importUser
	}
	files, unread := exportFiles(opts.Exports)
	for _, u := range unread {
		im.Unread = append(im.Unread, u.Where+": "+u.Reason)
	}
	var out []adopt.Source
	for _, file := range files {
		src, notes, err := exportSource(file)
		if err != nil {
			// A folder may hold anything; what was named is meant.
			named := slices.ContainsFunc(opts.Exports, func(path string) bool { return filepath.Clean(path) == file })
			if errors.Is(err, errAlien) && !named {
				im.Notes = append(im.Notes, adopt.Note{Text: "not read: " + file + ": " + err.Error()})
			} else {
				im.Unread = append(im.Unread, file+": "+err.Error())
			}
			continue
		}
		src.Credentials = login
		im.Notes = append(im.Notes, notes...)
		out = append(out, src)
	}
	return out
}

// write makes the text, and makes sure that it is one that can be read.
func (im *Imported) write() error {
	comments := []spec.Comment{
		{Text: "Made by jembatan import. Read it, then: jembatan plan -f FILE. A plan of it changes nothing but comments."},
	}
	for _, n := range im.Notes {
		comments = append(comments, spec.Comment{Path: n.Path, Text: n.Text})
	}
	var err error
	if im.Text, err = spec.Encode(im.Topology, comments); err != nil {
		return err
	}
	_, problems := spec.Parse("import", im.Text)
	if err := problems.Err(); err != nil {
		return fmt.Errorf("what was read makes no topology: %w", err)
	}
	return nil
}
