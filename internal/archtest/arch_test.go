// Package archtest holds the direction of imports as tests. See
// docs/ARCHITECTURE.md.
package archtest

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "jembatan"

// A rule limits what packages may import, tests left out.
type rule struct {
	why string
	// of are the packages that it is about, as path.Match patterns below the module.
	of []string
	// only, when not nil, are all imports from outside the standard library
	// that these packages may have.
	only []string
}

var pure = []rule{
	{"the topology is plain data", []string{"tunnel"}, []string{}},
	{"only spec knows YAML", []string{"tunnel/spec"}, []string{"jembatan/tunnel", "go.yaml.in/yaml/v4"}},
	{"a plan is a value: no router, file or clock", []string{"tunnel/plan"}, []string{"jembatan/tunnel"}},
	{"status is computed from what was read", []string{"tunnel/status"}, []string{"jembatan/tunnel", "jembatan/tunnel/plan"}},
	{"a topology is made of rows, wherever they were read", []string{"tunnel/adopt"}, []string{"jembatan/tunnel", "jembatan/tunnel/plan"}},
	{"a journal is a file, and knows no router", []string{"tunnel/journal"}, []string{"jembatan/tunnel/plan"}},
	{"a guard is commands to one router", []string{"tunnel/guard"}, []string{"jembatan/routeros", "jembatan/tunnel/plan"}},
	{"the wire's bytes know no socket", []string{"internal/packet"}, []string{}},
	{"an audit is rules over what was read: no router, file or clock", []string{"tunnel/audit"}, []string{"jembatan/tunnel"}},
	{"waivers are YAML for people, and the audit itself is not", []string{"tunnel/audit/waiver"}, []string{"jembatan/tunnel/audit", "go.yaml.in/yaml/v4"}},
	{"a report is written from an audit, whoever asked for it", []string{"internal/report"}, []string{"jembatan/tunnel/audit"}},
	{"the export language is text and rows", []string{"routeros/rsc"}, []string{}},
	{"a verdict is counted from samples", []string{"health"}, []string{}},
	{"failover decides and does nothing", []string{"failover"}, []string{"jembatan/health"}},
	{
		"actuators act on routers and know nothing of who decides",
		[]string{"failover/actuator", "failover/actuator/nat", "failover/actuator/vrrp"},
		[]string{"jembatan/failover/actuator", "jembatan/routeros", "jembatan/tunnel"},
	},
	{
		"a watcher senses: it decides nothing and moves nothing",
		[]string{"failover/watch"},
		[]string{
			"jembatan/failover", "jembatan/failover/actuator/database", "jembatan/health", "jembatan/health/probe",
			"jembatan/health/replication", "jembatan/health/replication/gtid", "jembatan/routeros", "jembatan/tunnel",
			"golang.org/x/sync/errgroup",
		},
	},
	{
		"what bootstrap prints is made of the topology",
		[]string{"internal/bootstrap"},
		[]string{"jembatan/tunnel", "jembatan/failover/actuator/database"},
	},
	{
		"alerts are put into words and sent: whom to tell and what to log is others' business",
		[]string{"internal/notify"},
		[]string{"jembatan/failover", "jembatan/routeros", "jembatan/tunnel", "github.com/wneessen/go-mail"},
	},
	{
		"effects are calls of actuators: they decide nothing and keep nothing",
		[]string{"failover/effect"},
		[]string{
			"jembatan/failover", "jembatan/failover/actuator", "jembatan/failover/actuator/database", "jembatan/health/replication/gtid",
			"jembatan/tunnel", "golang.org/x/sync/errgroup",
		},
	},
	{
		"the runner knows no router and no database",
		[]string{"failover/runner"},
		[]string{"jembatan/failover", "jembatan/failover/effect", "jembatan/failover/journal", "jembatan/health"},
	},
	{"sentences know no session", []string{"routeros/proto"}, []string{}},
	{
		"the client stands on the sentence layer, and go-routeros logs in",
		[]string{"routeros"},
		[]string{"jembatan/routeros/proto", "github.com/go-routeros/routeros/v3"},
	},
	{
		"the emulator shares the sentence layer and the language of exports with the client and nothing else, or it would share its mistakes",
		[]string{"routeros/emulator"},
		[]string{"jembatan/routeros/proto", "jembatan/routeros/rsc", "golang.org/x/sync/errgroup"},
	},
}

// owners are libraries that one package alone may import.
var owners = map[string][]string{
	"github.com/spf13/viper":              {"internal/config"},
	"github.com/spf13/cobra":              {"internal/cli"},
	"go.yaml.in/yaml/v4":                  {"tunnel/spec", "tunnel/audit/waiver"},
	"github.com/go-routeros/routeros/v3":  {"routeros"},
	"github.com/jedib0t/go-pretty/v6":     {"internal/render"},
	"github.com/vishvananda/netlink":      {"internal/lab"},
	"github.com/vishvananda/netns":        {"internal/lab"},
	"github.com/go-sql-driver/mysql":      {"health/replication", "failover/actuator/database", "health/probe", "internal/mariadb"},
	"golang.org/x/net":                    {"health/probe"},
	"github.com/wneessen/go-mail":         {"internal/notify"},
	"github.com/rs/zerolog":               {"internal/logging", "internal/app", "internal/cli", "internal/serve"},
	"github.com/prometheus/client_golang": {"internal/metrics"},
	"github.com/coreos/go-systemd/v22":    {"internal/serve"},
	"go.etcd.io/etcd":                     {"failover/lease", "failover/lease/internal/member", "failover/lease/leasetest", "failover/journal"},
	"go.uber.org/zap":                     {"failover/lease/internal/member"},
	"google.golang.org/grpc":              {"failover/lease/leasetest"},
}

// silent packages do not log: they return errors.
var silent = []string{"routeros", "tunnel", "health", "failover"}

// timeless packages never ask what time it is.
var timeless = []string{"tunnel", "tunnel/spec", "tunnel/plan", "tunnel/status", "tunnel/adopt", "tunnel/audit", "routeros/rsc", "health", "failover"}

func TestPureCores(t *testing.T) {
	packages := load(t)
	for _, r := range pure {
		for _, of := range r.of {
			p, ok := packages[of]
			if !ok {
				t.Errorf("%s: no such package; the rule guards nothing", of)
			}
			for _, imp := range p.imports {
				if isStandard(imp) || slices.Contains(r.only, imp) {
					continue
				}
				t.Errorf("%s imports %s: %s", of, imp, r.why)
			}
		}
	}
}

func TestOneOwnerForALibrary(t *testing.T) {
	packages := load(t)
	for library, allowed := range owners {
		used := false
		for name, p := range packages {
			for _, imp := range p.imports {
				if imp != library && !strings.HasPrefix(imp, library+"/") {
					continue
				}
				used = true
				if !slices.Contains(allowed, name) {
					t.Errorf("%s imports %s; only %v may", name, imp, allowed)
				}
			}
		}
		if !used {
			t.Errorf("nobody imports %s; the rule guards nothing", library)
		}
	}
}

func TestCoresDoNotLog(t *testing.T) {
	for name, p := range load(t) {
		if !slices.ContainsFunc(silent, func(s string) bool { return name == s || strings.HasPrefix(name, s+"/") }) {
			continue
		}
		for _, imp := range p.imports {
			if imp == "log" || strings.HasPrefix(imp, "github.com/rs/zerolog") || imp == "log/slog" && name != "routeros" {
				t.Errorf("%s imports %s: it returns errors, its callers log", name, imp)
			}
		}
	}
}

func TestPureCoresDoNotTouchTheWorld(t *testing.T) {
	packages := load(t)
	for _, name := range timeless {
		for _, imp := range packages[name].imports {
			switch imp {
			case "os", "net", "net/http", "os/exec", "io/ioutil", "sync", "context", "math/rand", "math/rand/v2":
				t.Errorf("%s imports %s: it is pure", name, imp)
			}
		}
		for _, call := range packages[name].calls {
			switch call {
			case "time.Now", "time.Since", "time.Until", "time.Sleep", "time.After", "time.NewTimer", "time.NewTicker":
				t.Errorf("%s calls %s: time is data there", name, call)
			}
		}
	}
}

func TestNobodyImportsTheCommand(t *testing.T) {
	for name, p := range load(t) {
		for _, imp := range p.imports {
			if strings.HasPrefix(imp, module+"/cmd/") || imp == module+"/internal/cli" && name != "cmd/jembatan" {
				t.Errorf("%s imports %s: imports point away from the command", name, imp)
			}
		}
		inner := strings.HasPrefix(name, "routeros") || strings.HasPrefix(name, "tunnel")
		for _, imp := range p.imports {
			if inner && strings.HasPrefix(imp, module+"/internal/") {
				t.Errorf("%s imports %s: the library packages stand without the program", name, imp)
			}
		}
	}
}

// A pkg is what the rules look at.
type pkg struct {
	imports []string // each once, sorted
	calls   []string // "package.Name" selectors
}

// load parses every package of the module, tests left out.
func load(t *testing.T) map[string]pkg {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	packages := map[string]pkg{}
	err = filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		name := path.Clean(filepath.ToSlash(rel))
		p := packages[name]
		if err := read(file, &p); err != nil {
			return err
		}
		packages[name] = p
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(packages) == 0 {
		t.Fatal("no packages found")
	}
	return packages
}

// read adds one file to p.
func read(file string, p *pkg) error {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	for _, spec := range f.Imports {
		imp, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		p.imports = append(p.imports, imp)
	}
	slices.Sort(p.imports)
	p.imports = slices.Compact(p.imports)
	p.calls = append(p.calls, selectors(f)...)
	return nil
}

// isStandard reports whether an import is of the standard library: its first
// element has no dot and it is not ours.
func isStandard(imp string) bool {
	first, _, _ := strings.Cut(imp, "/")
	return first != module && !strings.Contains(first, ".")
}
