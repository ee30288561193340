package demo

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// reportName is the page that the story leaves behind, in the folder for
// temporary files.
const reportName = "jembatan-audit.html"

// exitFound is what audit ends with when there is what it was to fail on.
const exitFound = 2

// audit compares both ends of every tunnel and leaves a page for people. The
// routers are as they came out of their boxes, so their management plane has
// findings; a critical one would end the story.
func (d *demo) audit(ctx context.Context) error {
	d.chapter("An audit of this network, to hand to whoever asks")
	path := filepath.Join(os.TempDir(), reportName)
	// Emulated devices alone have no servers: it is right to say that clients are
	// led nowhere, once a netwatch has noticed.
	wants := []int{0}
	if d.bare != nil {
		wants = append(wants, exitFound)
	}
	if _, err := d.runs(ctx, wants, "audit", "-f", fileName, "--fail-on", "critical", "-o", "html", "--out", path); err != nil {
		return err
	}
	page, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	for _, r := range d.topology.Routers {
		if !strings.Contains(string(page), r.Name) {
			return fmt.Errorf("demo: the report does not speak of %s", r.Name)
		}
	}
	d.say("Open it in a browser, it needs nothing else: file://%s", path)
	return nil
}
