package app

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
	"unicode"

	"jembatan/routeros/rsc"
	"jembatan/tunnel/audit"
)

// An export is one file as it was read.
type export struct {
	router *audit.Router // nil when it could not be read
	unread audit.Unread
	doubts []audit.Doubt
	digest string // of the text, to find the same file twice
}

// readExports reads files, as many at once as there are processors.
func (a *auditor) readExports(ctx context.Context, files []string) ([]*export, []audit.Doubt, []audit.Unread) {
	all := make([]*export, len(files))
	next := make(chan int)
	var wg sync.WaitGroup
	var mu sync.Mutex // Guards the progress.
	for range min(len(files), runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := range next {
				all[i] = a.readExport(files[i])
				mu.Lock()
				a.step(files[i])
				mu.Unlock()
			}
		})
	}
	for i := range files {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	wg.Wait()
	var out []*export
	var doubts []audit.Doubt
	var unread []audit.Unread
	for _, e := range all {
		switch {
		case e == nil: // The command was cancelled.
		case e.router == nil:
			unread = append(unread, e.unread)
		default:
			out = append(out, e)
			doubts = append(doubts, e.doubts...)
		}
	}
	return out, doubts, unread
}

// readExport reads one file.
func (a *auditor) readExport(file string) *export {
	e := &export{unread: audit.Unread{Name: filepath.Base(file), Where: file}}
	data, err := readLimited(file, maxExport)
	if err != nil {
		e.unread.Reason = reason(err)
		return e
	}
	if len(strings.TrimSpace(string(data))) == 0 {
		e.unread.Reason = "empty"
		return e
	}
	text, encoding, err := rsc.Decode(data)
	if err != nil {
		e.unread.Line, e.unread.Reason, e.unread.Alien = 1, "not a RouterOS export: "+err.Error(), true
		return e
	}
	s := rsc.ParseMenus(text, auditedMenus())
	if why, line := notAnExport(s); why != "" {
		e.unread.Line, e.unread.Reason, e.unread.Alien = line, why, s.Header.Version == ""
		return e
	}
	e.router = a.exported(file, s)
	e.digest = digest(text)
	if encoding != rsc.UTF8 {
		e.doubts = append(e.doubts, audit.Doubt{
			Kind: audit.DoubtEncoding, Router: e.router.Name, File: file, Line: 1,
			Say: both("read as "+encoding.String(), "dibaca sebagai "+encoding.String()),
		})
	}
	for _, p := range s.Problems {
		e.doubts = append(e.doubts, audit.Doubt{
			Kind: audit.DoubtDamaged, Router: e.router.Name, File: file, Line: p.Line, Say: both(p.Msg, p.Msg),
		})
	}
	if s.More > 0 {
		e.doubts = append(e.doubts, audit.Doubt{
			Kind: audit.DoubtDamaged, Router: e.router.Name, File: file,
			Say: both(fmt.Sprintf("%d more lines could not be read", s.More), fmt.Sprintf("%d baris lagi tidak terbaca", s.More)),
		})
	}
	return e
}

func both(en, id string) audit.Text { return audit.Text{EN: en, ID: id} }

// auditedMenus tells which menus an audit looks at.
func auditedMenus() func(menu string) bool {
	want := map[string]bool{}
	for _, menu := range audit.ExportMenus() {
		want[menu] = true
	}
	return func(menu string) bool { return want[menu] }
}

// notAnExport says why a text that was parsed is no export, and the line.
func notAnExport(s *rsc.Script) (why string, line int) {
	if s.Scope() != "" {
		return "", 0
	}
	if len(s.Problems) > 0 {
		p := s.Problems[0]
		if s.Header.Version == "" {
			return "not a RouterOS export: no command of RouterOS in it", p.Line
		}
		return p.Msg, p.Line
	}
	if s.Header.Version != "" {
		return "an export without any command", 1
	}
	return "not a RouterOS export: no command of RouterOS in it", 1
}

// exported makes a router of a parsed export.
func (a *auditor) exported(file string, s *rsc.Script) *audit.Router {
	r := &audit.Router{
		Scope: s.Scope(), Shown: s.Sensitive, Verbose: s.Verbose, Version: s.Header.Version, Model: s.Header.Model,
		Serial: cmp.Or(plausible(s.Header.Serial), plausible(s.Header.Software), plausible(s.Header.System)),
		Source: audit.Source{Kind: audit.Export, Where: filepath.ToSlash(file), Time: exportTime(s.Header.Time)},
		Menus:  map[string][]audit.Row{},
	}
	for _, menu := range s.Menus() {
		rows := s.Rows(menu)
		out := make([]audit.Row, len(rows))
		for i := range rows {
			fields := make([]audit.Field, len(rows[i].Fields))
			for j, f := range rows[i].Fields {
				fields[j] = audit.Field{Name: f.Name, Value: rsc.Text(f.Value), None: f.None}
			}
			a.seal.SealRow(menu, fields)
			out[i] = audit.Row{Line: rows[i].Line, Fields: fields}
		}
		r.Menus[menu] = out
	}
	for i := range r.Menus[audit.MenuIdentity] {
		r.Identity = r.Menus[audit.MenuIdentity][i].Get("name")
	}
	base := filepath.Base(file)
	r.Name = cmp.Or(r.Identity, strings.TrimSuffix(base, filepath.Ext(base)))
	return r
}

// plausible returns a number that tells routers apart, or "": people black out
// serial numbers before they hand exports around.
func plausible(s string) string {
	const least = 5
	if len(s) < least || !strings.ContainsFunc(s, unicode.IsDigit) {
		return ""
	}
	first := rune(s[0])
	if !strings.ContainsFunc(s, func(r rune) bool { return r != first && r != '-' }) {
		return ""
	}
	return s
}

// exportTime reads the date of an export's header, zero when there is none.
func exportTime(s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	for _, layout := range []string{"2006-01-02 15:04:05", "Jan/02/2006 15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t
		}
	}
	return time.Time{}
}
