package emulator

import "testing"

// FuzzScript runs any text as a script: it ends, and nothing panics.
func FuzzScript(f *testing.F) {
	for _, s := range []string{
		`/interface bridge add name=x comment="a b"; :put [:len [find]]`,
		`:do {:error "x"} on-error={:put "y"}`,
		`:local a 1; :if ($a = 1) do={:set a "$a$a"} else={:nothing}`,
		"/interface bridge\nset [ find where name~\"^b\" or disabled=yes ] \\\n    comment=\"\\41\"",
		`:put [[[[[[`, `{}`, `[`, `"`, `$`, `:if (1 = 1) do={`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w := NewWorld()
		defer w.Close()
		d, err := w.Add(Config{Name: "a"})
		if err != nil {
			t.Fatal(err)
		}
		d.w.mu.Lock()
		defer d.w.mu.Unlock()
		if _, err := d.runText(console(), s); err == nil {
			_ = d.script(exportForm{verbose: true})
		}
	})
}
