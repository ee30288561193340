package report

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"jembatan/tunnel/audit"
)

// A drawing is the topology as shapes; the template only writes them down.
type drawing struct {
	Width, Height int
	Edges         []edge
	Nodes         []node
	Left          int // parts of the network that were not drawn
}

// A node is one router, or an end that nobody knows.
type node struct {
	Name, Note string
	Class      string // ok, low, medium, high, critical, unread, foreign
	Full       string // the whole name
	X, Y, W    float64
}

// Left is where the node's box begins.
func (n node) Left() string { return strconv.FormatFloat(n.X-n.W/2, 'f', 1, 64) }

// An edge is one tunnel.
type edge struct {
	Path   string // of an SVG path
	Class  string
	Label  string
	Title  string
	LX, LY float64
	Cross  bool // a cross at its middle: broken
	CX, CY float64
}

// Limits of a drawing: beyond them a picture tells less than the tables.
const (
	mostParts = 30
	mostNodes = 150
	pageWidth = 1000
	rowHeight = 46
)

// draw lays the network out: every part that hangs together by itself, those
// with the worst findings first.
func draw(r *audit.Report, w words) drawing {
	g := newGraph(r, w)
	parts := g.parts()
	var d drawing
	x, y, tall, nodes := 0.0, 0.0, 0.0, 0
	for i, part := range parts {
		nodes += len(part)
		if i >= mostParts || i > 0 && nodes > mostNodes {
			d.Left = len(parts) - i
			break
		}
		width, height := g.place(part)
		if x > 0 && x+width > pageWidth {
			x, y, tall = 0, y+tall, 0
		}
		for _, n := range part {
			g.nodes[n].X += x
			g.nodes[n].Y += y
			d.Nodes = append(d.Nodes, *g.nodes[n])
		}
		d.Edges = append(d.Edges, g.edges(part)...)
		x += width
		tall = max(tall, height)
		d.Width = max(d.Width, int(x))
	}
	d.Width = max(d.Width, pageWidth/2)
	d.Height = int(y + tall)
	return d
}

// A graph is the network before it is laid out.
type graph struct {
	report  *audit.Report
	words   words
	nodes   map[string]*node
	order   []string
	links   map[string][]string // neighbours
	tunnels map[string][]int    // tunnels by the two names, sorted
	broken  map[string]audit.Severity
	rank    map[string]audit.Severity
}

func newGraph(r *audit.Report, w words) *graph {
	g := &graph{
		report: r, words: w, nodes: map[string]*node{}, links: map[string][]string{}, tunnels: map[string][]int{},
		broken: r.Broken(), rank: map[string]audit.Severity{},
	}
	worst := map[string]audit.Severity{}
	for _, f := range r.Findings {
		for _, name := range f.Routers {
			worst[name] = max(worst[name], f.Severity)
		}
	}
	for _, x := range r.Routers {
		g.add(x.Name, strings.TrimSpace(x.Site+" "+x.Version), worst[x.Name].String(), worst[x.Name])
	}
	for _, u := range r.Unread {
		if !u.Alien {
			g.add(u.Name, w.NotRead, "unread", audit.High)
		}
	}
	for i, t := range r.Tunnels {
		a := t.Ends[0].Router
		b := t.Peer
		switch {
		case len(t.Ends) > 1:
			b = t.Ends[1].Router
		case b == "":
			b = "? " + t.Ends[0].Remote
			g.add(b, "", "foreign", audit.SeverityUnknown)
		}
		if g.nodes[b] == nil {
			g.add(b, w.NotRead, "unread", audit.High)
		}
		g.links[a], g.links[b] = append(g.links[a], b), append(g.links[b], a)
		g.tunnels[key(a, b)] = append(g.tunnels[key(a, b)], i)
	}
	return g
}

func key(a, b string) string { return min(a, b) + "\x00" + max(a, b) }

func (g *graph) add(name, note, class string, worst audit.Severity) {
	if g.nodes[name] != nil {
		return
	}
	if class == "unknown" || class == "info" {
		class = "ok"
	}
	const perLetter, margin, most = 8.6, 24, 24
	short, small := cutName(clean(name), most), cutName(clean(note), most)
	longest := max(len([]rune(short)), len([]rune(small)), 5)
	g.nodes[name] = &node{Name: short, Full: clean(name), Note: small, Class: class, W: float64(longest)*perLetter + margin}
	g.order = append(g.order, name)
	g.rank[name] = worst
}

// cutName shortens a name in its middle, since names differ at their ends.
func cutName(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most/2-1]) + "…" + string(r[len(r)-most/2:])
}

// parts returns the names that hang together, worst part first.
func (g *graph) parts() [][]string {
	var out [][]string
	seen := map[string]bool{}
	for _, start := range g.order {
		if seen[start] {
			continue
		}
		seen[start] = true
		part := []string{start}
		for i := 0; i < len(part); i++ {
			for _, next := range g.links[part[i]] {
				if !seen[next] {
					seen[next] = true
					part = append(part, next)
				}
			}
		}
		out = append(out, part)
	}
	worst := func(part []string) (s audit.Severity) {
		for _, n := range part {
			s = max(s, g.rank[n])
		}
		return s
	}
	slices.SortStableFunc(out, func(a, b []string) int {
		return cmp.Or(-cmp.Compare(min(len(a), 3), min(len(b), 3)), -cmp.Compare(worst(a), worst(b)), -cmp.Compare(len(a), len(b)))
	})
	return out
}

// place gives the nodes of a part their places and returns its size.
func (g *graph) place(part []string) (width, height float64) {
	hub := slices.MaxFunc(part, func(a, b string) int {
		return cmp.Or(cmp.Compare(g.degree(a), g.degree(b)), -cmp.Compare(a, b))
	})
	const margin = 30.0
	widest := 0.0
	for _, n := range part {
		widest = max(widest, g.nodes[n].W)
	}
	switch len(part) {
	case 1:
		n := g.nodes[hub]
		n.X, n.Y = margin+n.W/2, margin+rowHeight/2
		return n.W + 2*margin, rowHeight + 2*margin
	case 2:
		const gap = 150.0
		a, b := g.nodes[part[0]], g.nodes[part[1]]
		a.X, b.X = margin+a.W/2, margin+a.W+gap+b.W/2
		bend := 22 * float64(len(g.tunnels[key(part[0], part[1])]))
		a.Y = margin + rowHeight/2 + bend/2
		b.Y = a.Y
		return b.X + b.W/2 + margin, rowHeight + 2*margin + bend
	}
	ring := slices.DeleteFunc(slices.Clone(part), func(n string) bool { return n == hub })
	star := g.degree(hub)*2 >= len(part)
	if !star {
		ring = part
	}
	const least, arc = 150.0, 62.0
	ry := max(least, arc*float64(len(ring))/(2*math.Pi)*1.3)
	rx := ry + widest*0.75
	cx, cy := margin+widest/2+rx, margin+rowHeight/2+ry
	for i, name := range ring {
		angle := -math.Pi/2 + 2*math.Pi*float64(i)/float64(len(ring))
		if len(ring)%2 == 0 {
			angle += math.Pi / float64(len(ring))
		}
		g.nodes[name].X, g.nodes[name].Y = cx+rx*math.Cos(angle), cy+ry*math.Sin(angle)
	}
	if star {
		g.nodes[hub].X, g.nodes[hub].Y = cx, cy
	}
	return g.trim(part, margin)
}

// trim moves a part to its upper left corner and returns its size.
func (g *graph) trim(part []string, margin float64) (width, height float64) {
	left, top := math.Inf(1), math.Inf(1)
	for _, name := range part {
		n := g.nodes[name]
		left, top = min(left, n.X-n.W/2), min(top, n.Y-rowHeight/2)
	}
	for _, name := range part {
		n := g.nodes[name]
		n.X += margin - left
		n.Y += margin - top
		width, height = max(width, n.X+n.W/2+margin), max(height, n.Y+rowHeight/2+margin)
	}
	return width, height
}

// degree is the number of different neighbours.
func (g *graph) degree(name string) int {
	seen := map[string]bool{}
	for _, n := range g.links[name] {
		seen[n] = true
	}
	return len(seen)
}

// edges draws the tunnels of a part.
func (g *graph) edges(part []string) []edge {
	var out []edge
	for _, a := range part {
		done := map[string]bool{}
		for _, b := range g.links[a] {
			if b < a || done[b] {
				continue
			}
			done[b] = true
			list := g.tunnels[key(a, b)]
			for i, t := range list {
				out = append(out, g.edge(&g.report.Tunnels[t], g.nodes[a], g.nodes[b], i, len(list)))
			}
		}
	}
	return out
}
