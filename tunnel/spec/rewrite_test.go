package spec

import (
	"strings"
	"testing"
)

// TestRewrite changes endpoints and nothing else: what is written is accepted,
// comments stand, plaintext stays plaintext.
func TestRewrite(t *testing.T) {
	src := `# The whole network.
version: 1
credentials: {user: a, password: {env: P}, tls: {ca: ca.pem}}
routers:
  jkt: # the main site
    address: 198.51.100.1
    uplinks: {wan: {address: 198.51.100.1}}
  sby:
    address: 198.51.100.2
    credentials: {user: b, password: {env: P}, tls: off}
  bdg: {address: 198.51.100.3}
`
	pin := "sha256:" + strings.Repeat("ab", 32)
	out, err := Rewrite([]byte(src), map[string]Endpoint{
		"jkt": {Address: "127.0.0.1:20001", Fingerprint: pin},
		"sby": {Address: "127.0.0.1:20002"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# The whole network.", "# the main site"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("lost %q:\n%s", want, out)
		}
	}
	top, problems := Parse("live.yaml", out)
	if err := problems.Err(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	jkt, sby, bdg := top.Routers[0], top.Routers[1], top.Routers[2]
	if jkt.Address != "127.0.0.1:20001" || jkt.Credentials.TLS.Fingerprint != pin || jkt.Credentials.TLS.CAFile != "" {
		t.Errorf("jkt: %+v", jkt)
	}
	if sby.Address != "127.0.0.1:20002" || !sby.Credentials.TLS.Off || sby.Credentials.User != "b" {
		t.Errorf("sby: %+v", sby)
	}
	if bdg.Address != "198.51.100.3:8729" {
		t.Errorf("bdg: %+v", bdg)
	}
}

func TestRewriteOfWhatIsNoTopology(t *testing.T) {
	for _, src := range []string{"", "[", "a: b"} {
		if _, err := Rewrite([]byte(src), map[string]Endpoint{"a": {Address: "127.0.0.1:1"}}); err == nil {
			t.Errorf("%q was rewritten", src)
		}
	}
}
