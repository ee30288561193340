// Package examples holds the example topologies, which the demo, the tests and
// the emulator share with the reader.
package examples

import _ "embed"

// TwoSites returns the network that the README draws: two server sites joined
// by a bond of two tunnels, and two branches.
func TwoSites() []byte { return []byte(twoSites) }

//go:embed two-sites.yaml
var twoSites string

// HubTree returns the tree of hubs for eight sites.
func HubTree() []byte { return []byte(hubTree) }

//go:embed hub-tree.yaml
var hubTree string
