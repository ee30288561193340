package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"

	"jembatan/tunnel"
)

// A Comment is written into a topology file.
type Comment struct {
	// Path is what it stands above, as in "segments.servers"; empty, or a path
	// that is not written, is the head of the file.
	Path string
	Text string
}

// Encode writes a topology as a person would: what Parse would fill in is left
// out. Parse of the result is t again; a relative path of a certificate or secret
// is written as it is, and so refers to the folder that Parse is told of.
func Encode(t *tunnel.Topology, comments []Comment) ([]byte, error) {
	e := encoder{comments: map[string][]string{}}
	for _, c := range comments {
		e.comments[c.Path] = append(e.comments[c.Path], oneLine(c.Text))
	}
	top := e.mapping("")
	top.put("version", number(1))
	shared, isShared := sharedCredentials(t)
	if isShared {
		top.put("credentials", credentialsNode(shared))
	}
	if t.Controller.Beside != "" {
		top.put("controller", flow("beside", text1(t.Controller.Beside)))
	}
	routers := e.mapping("routers")
	for i := range t.Routers {
		routers.put(t.Routers[i].Name, e.router(&t.Routers[i], !isShared))
	}
	top.put("routers", routers.node)
	if len(t.Segments) > 0 {
		segments := e.mapping("segments")
		for i := range t.Segments {
			segments.put(t.Segments[i].Name, e.segment(&t.Segments[i]))
		}
		top.put("segments", segments.node)
	}
	if len(t.Services) > 0 {
		services := e.mapping("services")
		for i := range t.Services {
			services.put(t.Services[i].Name, serviceNode(t, &t.Services[i]))
		}
		top.put("services", services.node)
	}
	if t.Alerts != nil {
		top.put("alerts", e.alerts(t.Alerts))
	}
	body, err := yaml.Dump(top.node, yaml.WithIndent(indent), yaml.WithLineWidth(-1))
	if err != nil {
		return nil, fmt.Errorf("encode topology: %w", err)
	}
	return append(e.head(comments), body...), nil
}

// oneLine makes a text that may come from anywhere fit into a comment.
func oneLine(s string) string {
	s = strings.ToValidUTF8(s, "?")
	return strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return ' '
	}, s)
}

// An encoder knows which comments have been written.
type encoder struct{ comments map[string][]string }

// head are the comments that stand above nothing.
func (e *encoder) head(comments []Comment) []byte {
	var b strings.Builder
	for _, c := range comments {
		for _, text := range e.comments[c.Path] {
			b.WriteString(strings.TrimRight("# "+text, " ") + "\n")
		}
		delete(e.comments, c.Path)
	}
	return []byte(b.String())
}

// A block is a mapping in block style.
type block struct {
	*encoder

	node *yaml.Node
	path string
}

func (e *encoder) mapping(path string) block {
	return block{e, &yaml.Node{Kind: yaml.MappingNode}, path}
}

// put appends a field with the comments that stand above it.
func (b block) put(key string, value *yaml.Node) {
	k := text1(key)
	path := join(b.path, key)
	if lines, ok := b.comments[path]; ok {
		delete(b.comments, path)
		k.HeadComment = "# " + strings.Join(lines, "\n# ")
	}
	b.node.Content = append(b.node.Content, k, value)
}

// text1 is a word or line; the library puts it in quotes where it must.
func text1(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s} }

func number(n int) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(n)}
}

func truth() *yaml.Node { return boolNode(true) }

func boolNode(b bool) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(b)}
}

// flow is a mapping on one line: keys and values in turn; a nil value leaves its
// key out.
func flow(pairs ...any) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}
	for i := 0; i+1 < len(pairs); i += 2 {
		key, _ := pairs[i].(string)
		if value, _ := pairs[i+1].(*yaml.Node); value != nil {
			n.Content = append(n.Content, text1(key), value)
		}
	}
	return n
}

// items is a list; on one line when flat.
func listNode(flat bool, items ...*yaml.Node) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode, Content: items}
	if flat {
		n.Style = yaml.FlowStyle
	}
	return n
}

func wordsNode(words []string) *yaml.Node {
	nodes := make([]*yaml.Node, len(words))
	for i, w := range words {
		nodes[i] = text1(w)
	}
	return listNode(true, nodes...)
}

// optional is a text, nil when it is empty.
func optional(s string) *yaml.Node {
	if s == "" {
		return nil
	}
	return text1(s)
}

// sharedCredentials returns the credentials of all routers, if they are the same.
func sharedCredentials(t *tunnel.Topology) (tunnel.Credentials, bool) {
	if len(t.Routers) == 0 {
		return tunnel.Credentials{}, false
	}
	first := t.Routers[0].Credentials
	return first, !slices.ContainsFunc(t.Routers, func(r tunnel.Router) bool { return r.Credentials != first })
}

func credentialsNode(c tunnel.Credentials) *yaml.Node {
	n := flow("user", text1(c.User), "password", secretNode(c.Password), "tls", tlsNode(c.TLS))
	n.Style = 0
	return n
}

// secretNode names a secret; nil for none.
func secretNode(s tunnel.SecretRef) *yaml.Node {
	if s.IsZero() {
		return nil
	}
	return flow("env", optional(s.Env), "file", optional(s.File))
}

// tlsNode is nil for the roots of the system.
func tlsNode(t tunnel.TLS) *yaml.Node {
	switch {
	case t.Off:
		return text1("off")
	case t == tunnel.TLS{}:
		return nil
	}
	return flow("ca", optional(t.CAFile), "fingerprint", optional(t.Fingerprint))
}

func (e *encoder) router(r *tunnel.Router, login bool) *yaml.Node {
	b := e.mapping("routers." + r.Name)
	if r.Site != "" {
		b.put("site", text1(r.Site))
	}
	b.put("address", text1(shortAddress(r)))
	if login {
		b.put("credentials", credentialsNode(r.Credentials))
	}
	if len(r.Uplinks) == 0 {
		return b.node
	}
	uplinks := e.mapping(b.path + ".uplinks")
	for _, u := range r.Uplinks {
		n := flow("address", text1(u.Address.String()))
		if u.MTU != defaultUplinkMTU {
			n.Content = append(n.Content, text1("mtu"), number(u.MTU))
		}
		if u.NAT {
			n.Content = append(n.Content, text1("nat"), truth())
		}
		if u.Gateway.IsValid() {
			n.Content = append(n.Content, text1("gateway"), text1(u.Gateway.String()))
		}
		uplinks.put(u.Name, n)
	}
	b.put("uplinks", uplinks.node)
	return b.node
}

// shortAddress leaves the usual port out.
func shortAddress(r *tunnel.Router) string {
	usual := apiTLSPort
	if r.Credentials.TLS.Off {
		usual = apiPort
	}
	host, short := strings.CutSuffix(r.Address, ":"+usual)
	if !short {
		return r.Address
	}
	return strings.Trim(host, "[]")
}
