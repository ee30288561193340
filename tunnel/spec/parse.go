// Package spec reads topology files.
//
// One description of the format (the tables in format*.go) drives the decoder,
// the suggestions for mistyped fields, the JSON Schema and the reference page,
// so they cannot disagree. A file goes through three stages: bytes to YAML nodes
// (source.go), nodes to raw values with their places (the forms), raw values to
// a tunnel.Topology (resolve*.go), where names are looked up and addresses
// compared. Problems of the second and third stage are reported together.
//
// The package reads no files and knows no clock; secrets are only named in a
// topology and a secret given in clear is never repeated in a problem.
package spec

import (
	"fmt"
	"regexp"

	"jembatan/tunnel"
)

// Limits of a topology file. They keep a hostile file from costing more than a
// large honest one.
const (
	MaxBytes    = 8 << 20 // of the file
	MaxValues   = 1 << 18 // scalars, lists and mappings; an alias counts as what it stands for
	MaxDepth    = 32      // of lists and mappings in each other
	MaxProblems = 1000    // that are reported
	MaxTunnels  = 1 << 18 // of all segments together
	MaxPorts    = 1024    // of a bridge, RouterOS's own limit

	maxUplinks  = 64 // of a router
	maxSwitches = 64 // routers that switch a service
	maxPorts    = 64 // of a service
)

// Parse reads a topology. It returns either the topology or every problem of
// the file, sorted by place; of a file that is not YAML it returns the first
// mistake in its syntax.
//
// file is the name for problems and the place that relative paths of
// certificates and secrets are joined to; it is not opened.
func Parse(file string, src []byte) (*tunnel.Topology, Problems) {
	root, problem := load(src)
	if problem != nil {
		problem.File = file
		return nil, Problems{*problem}
	}
	d := &decoder{patterns: make(map[string]*regexp.Regexp)}
	var raw given[rawTopology]
	if d.versionUnderstood(root) {
		d.decode(topologyForm(&raw), root, "")
	}
	r := resolver{decoder: d, file: file, raw: &raw.value}
	var t *tunnel.Topology
	if !d.stopped {
		t = r.topology()
	}
	problems := d.finish(file)
	if len(problems) > 0 {
		return nil, problems
	}
	return t, nil
}

// finish returns the problems with their file, in order, at most MaxProblems.
func (d *decoder) finish(file string) Problems {
	ps := d.problems.sorted()
	for i := range ps {
		ps[i].File = file
	}
	if len(ps) == MaxProblems {
		last := ps[len(ps)-1]
		ps = append(ps, Problem{file, last.Line, last.Col, "", fmt.Sprintf("too many problems; only %d are listed", MaxProblems)})
	}
	return ps
}
