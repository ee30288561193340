package app

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"jembatan/routeros/rsc"
	"jembatan/tunnel/adopt"
	"jembatan/tunnel/plan"
)

// menuIdentity is where a router says what it is called.
const menuIdentity = "/system/identity"

// errAlien is a file that is something else.
var errAlien = errors.New("not a RouterOS export")

// exportSource reads one export as if its router had been read.
func exportSource(file string) (adopt.Source, []adopt.Note, error) {
	src := adopt.Source{Where: filepath.ToSlash(file), Name: strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))}
	data, err := readLimited(file, maxExport)
	if err != nil {
		return src, nil, errors.New(reason(err))
	}
	text, _, err := rsc.Decode(data)
	if err != nil {
		return src, nil, fmt.Errorf("%w: %w", errAlien, err)
	}
	menus := importedMenus()
	s := rsc.ParseMenus(text, func(menu string) bool { return slices.Contains(menus, menu) })
	if why, line := notAnExport(s); why != "" {
		if s.Header.Version == "" {
			return src, nil, errAlien
		}
		return src, nil, fmt.Errorf("line %d: %s", line, why)
	}
	src.Time = exportTime(s.Header.Time)
	src.Observed = &plan.Observed{Router: src.Name, Version: s.Header.Version, Menus: map[string][]plan.Row{}}
	for _, menu := range menus {
		for i, row := range s.Rows(menu) {
			src.Observed.Menus[menu] = append(src.Observed.Menus[menu], exportedRow(menu, i, &row))
		}
	}
	if rows := src.Observed.Menus[menuIdentity]; len(rows) > 0 {
		src.Observed.Identity = rows[0]["name"]
	}
	var notes []adopt.Note
	if scope := s.Scope(); scope != "/" {
		notes = append(notes, adopt.Note{Text: src.Where + " is an export of " + scope + " only"})
	}
	if n := len(s.Problems) + s.More; n > 0 {
		notes = append(notes, adopt.Note{Text: fmt.Sprintf("%s is damaged, in %d places; the first: %s", src.Where, n, s.Problems[0])})
	}
	return src, notes, nil
}

// importedMenus are the menus that a plan reads.
func importedMenus() []string {
	menus := []string{menuIdentity}
	for _, r := range plan.Reads(false) {
		if r.Menu != plan.MenuInterface { // Exports do not have it.
			menus = append(menus, r.Menu)
		}
	}
	return menus
}

// exportedRow is a row of an export as the API would print it, as far as an
// import looks: defaults filled in, secrets left out.
func exportedRow(menu string, i int, row *rsc.Row) plan.Row {
	out := plan.Row{".id": fmt.Sprintf("*%X", i+1)}
	if menu == plan.MenuEoIP {
		// Source: MikroTik manual, EoIP.
		out["keepalive"], out["mtu"], out["local-address"], out["allow-fast-path"] = "10s,10", "auto", "0.0.0.0", "true"
	}
	for _, f := range row.Fields {
		switch {
		case f.None:
			delete(out, f.Name)
		case plan.IsSecret(menu, f.Name):
			out[f.Name] = "sealed"
		default:
			out[f.Name] = f.Value
		}
	}
	return out
}
