package spec

import (
	"fmt"

	"go.yaml.in/yaml/v4"
)

// An Endpoint is where a router is served and how it proves who it is.
type Endpoint struct {
	Address     string // host:port
	Fingerprint string // of its certificate; empty leaves tls as it is
}

// Rewrite returns a topology file with the API endpoints of routers replaced,
// comments and everything else kept. Routers that endpoints does not name are
// left as they are. src must be a file that Parse accepts.
func Rewrite(src []byte, endpoints map[string]Endpoint) ([]byte, error) {
	root, problem := load(src)
	if problem != nil {
		return nil, *problem
	}
	routers := lookup(root, "routers")
	if routers == nil {
		return nil, fmt.Errorf("rewrite: no routers")
	}
	for i := 0; i+1 < len(routers.Content); i += 2 {
		e, ok := endpoints[routers.Content[i].Value]
		if !ok {
			continue
		}
		router := resolveAlias(routers.Content[i+1])
		set(router, "address", e.Address)
		if e.Fingerprint != "" {
			pin(lookup(router, "credentials"), e.Fingerprint)
			pin(lookup(root, "credentials"), e.Fingerprint)
		}
	}
	out, err := yaml.Dump(root, yaml.WithIndent(indent))
	if err != nil {
		return nil, fmt.Errorf("rewrite: %w", err)
	}
	return out, nil
}

// indent is the indentation of a rewritten file, in spaces.
const indent = 2

// pin makes credentials expect a certificate with that fingerprint, unless they
// ask for plaintext.
func pin(credentials *yaml.Node, fingerprint string) {
	if credentials == nil {
		return
	}
	if tls := lookup(credentials, "tls"); tls != nil && (tls.Value == "off" || tls.Value == "false") {
		return
	}
	remove(credentials, "tls")
	credentials.Content = append(credentials.Content, scalarNode("tls"), &yaml.Node{
		Kind: yaml.MappingNode, Style: yaml.FlowStyle,
		Content: []*yaml.Node{scalarNode("fingerprint"), {Kind: yaml.ScalarNode, Value: fingerprint, Style: yaml.DoubleQuotedStyle}},
	})
}

// lookup returns the value of a key in a mapping, or nil.
func lookup(n *yaml.Node, key string) *yaml.Node {
	n = resolveAlias(n)
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return resolveAlias(n.Content[i+1])
		}
	}
	return nil
}

// set gives a key of a mapping a scalar value, keeping the key's comments.
func set(n *yaml.Node, key, value string) {
	if old := lookup(n, key); old != nil {
		old.Value, old.Style, old.Tag = value, yaml.DoubleQuotedStyle, "!!str"
		return
	}
	n.Content = append(n.Content, scalarNode(key), scalarNode(value))
}

func remove(n *yaml.Node, key string) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			n.Content = append(n.Content[:i], n.Content[i+2:]...)
			return
		}
	}
}

func resolveAlias(n *yaml.Node) *yaml.Node {
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func scalarNode(value string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: value} }
