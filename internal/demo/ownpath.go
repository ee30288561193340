package demo

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"jembatan/internal/emulate"
	"jembatan/routeros/emulator"
	"jembatan/tunnel/spec"
)

// The two routers of the chapter about a change that cuts its own path.
const (
	ownPathName = "own-path.yaml"
	ownPathSite = `version: 1
credentials: {user: admin, password: {env: JEMBATAN_PASSWORD}, tls: off}
routers:
  pku: {address: 192.0.2.11, uplinks: {wan: {address: 198.51.100.11}}}
  plb: {address: 192.0.2.12, uplinks: {wan: {address: 198.51.100.12}}}
segments:
  office:
    subnet: 192.168.60.0/24
    bridge: br-office
    shape: hub
    hubs: [pku]
    members:
      pku: {ports: [ether4]}
      plb: {ports: [ether4]}   # The port by which the router is managed.
    tunnels: {keepalive: "1s,3"}
`
	// Short times, so that the story is: the defaults are 3 minutes for the guard,
	// and real routers take up to 9 minutes to notice a peer that has vanished.
	ownPathSettings = `apply: {guard_time: 4s, verify_time: 1s, undo_timeout: 1s}
fleet: {dial_timeout: 1s, call_timeout: 1s}
`
	ownPathNotice = time.Second
)

// ownPath applies a file that cuts the path to its own routers, and waits for
// them to heal by themselves.
func (d *demo) ownPath(ctx context.Context) error {
	d.chapter("A wrong port in the file: the change cuts its own path")
	world := emulator.NewWorld()
	defer world.Close()
	server, err := d.ownPathRouters(world)
	if err != nil {
		return err
	}
	defer server.Close()
	d.say("The office's port is said to be ether4, by which both routers are managed. pku\n" +
		"(RouterOS 7.24, device-mode home) can be guarded by its safe mode only, plb\n" +
		"(7.16.1) by a dead-man entry of its scheduler only. Short times here: the entry\n" +
		"waits 4 s instead of 3 minutes, and pku notices after 1 s instead of up to 9\n" +
		"minutes that its peer has vanished.\n")
	var wg sync.WaitGroup
	heals := make([]healing, len(world.Devices()))
	watch, stop := context.WithTimeout(ctx, patience)
	defer stop()
	applied := make(chan struct{})
	for i, dev := range world.Devices() {
		wg.Go(func() { heals[i] = watchHealing(watch, dev, applied) })
	}
	// On a busy machine pku may have healed before the change came to plb's port;
	// then apply can still undo plb.
	code, err := d.runs(ctx, []int{exitStuck, exitUndone}, "apply", "-f", ownPathName, "--settings", settingsName, "--yes")
	close(applied)
	if err != nil {
		return err
	}
	wg.Wait()
	if err := d.tellHealing(world, heals, code); err != nil {
		return err
	}
	if err := d.run(ctx, 0, "recover", "-f", ownPathName, "--settings", settingsName); err != nil {
		return err
	}
	for i, dev := range world.Devices() {
		if dev.Export() != heals[i].before {
			return fmt.Errorf("demo: %s is not what it was before", dev.Name())
		}
	}
	return nil
}

// tellHealing says of each router how it came back to what it was.
func (d *demo) tellHealing(world *emulator.World, heals []healing, code int) error {
	cut := 0
	for i, dev := range world.Devices() {
		switch h := heals[i]; {
		case h.took > 0:
			cut++
			d.say("%s is again as it was, by itself, %.1f s after its path was cut.", dev.Name(), h.took.Seconds())
		case h.cut || code == exitStuck:
			return fmt.Errorf("demo: %s did not heal by itself", dev.Name())
		default:
			d.say("%s was undone before its path was cut.", dev.Name())
		}
	}
	if cut == 0 {
		return errors.New("demo: no router's path was cut")
	}
	d.say("")
	return nil
}

const (
	settingsName = "settings.yaml"
	// exitUndone is what apply ends with when not everything was applied, and the
	// rest is as before.
	exitUndone = 1
	// exitStuck is what apply ends with when something could not be undone by it.
	exitStuck = 3
)

// ownPathRouters serves the two routers and writes their topology.
func (d *demo) ownPathRouters(world *emulator.World) (*emulate.Server, error) {
	topology, problems := spec.Parse(ownPathName, []byte(ownPathSite))
	if err := problems.Err(); err != nil {
		return nil, err
	}
	devices := emulate.Devices(topology, []string{"7.24", "7.16.1"}, d.resolve)
	devices[0].DeviceMode = "home"
	local := netip.MustParseAddr("127.0.0.1")
	for i := range devices {
		devices[i].Addresses = append(devices[i].Addresses, emulator.Address{Address: local.String() + "/8", Interface: "ether4"})
	}
	server, err := emulate.Serve(world, devices, emulate.ServeOptions{Listen: local, At: emulate.Places(topology)})
	if err != nil {
		return nil, err
	}
	for _, dev := range world.Devices() {
		dev.ManagedAt(local, ownPathNotice)
	}
	src, err := spec.Rewrite([]byte(ownPathSite), server.Endpoints())
	if err == nil {
		err = os.WriteFile(filepath.Join(d.dir, ownPathName), src, 0o600)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(d.dir, settingsName), []byte(ownPathSettings), 0o600)
	}
	if err != nil {
		server.Close()
		return nil, fmt.Errorf("demo: %w", err)
	}
	return server, nil
}

// A healing is how a router came back to what it was.
type healing struct {
	before string        // its configuration
	cut    bool          // its path was
	took   time.Duration // from the cut on; zero when it did not come back
}

// watchHealing waits until a device's bridge port is made and gone again, or is
// not there when all has been applied.
func watchHealing(ctx context.Context, dev *emulator.Device, applied <-chan struct{}) healing {
	const poll = 20 * time.Millisecond
	h := healing{before: dev.Export()}
	ports := func() int {
		rows, err := dev.Do("/interface/bridge/port/print", "?interface=ether4")
		if err != nil {
			return 0
		}
		return len(rows)
	}
	tick := time.NewTicker(poll)
	defer tick.Stop()
	var cut time.Time
	for {
		switch n := ports(); {
		case n > 0 && cut.IsZero():
			cut, h.cut = time.Now(), true
			applied = nil
		case n == 0 && !cut.IsZero():
			h.took = time.Since(cut)
			return h
		}
		select {
		case <-tick.C:
		case <-applied:
			return h
		case <-ctx.Done():
			return h
		}
	}
}
