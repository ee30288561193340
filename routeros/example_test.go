package routeros_test

import (
	"context"
	"fmt"
	"net"

	"jembatan/internal/memnet"
	"jembatan/routeros"
	"jembatan/routeros/emulator"
)

// inMemory returns options that reach an emulated router.
func inMemory() (opts routeros.Options, closeWorld func()) {
	world := emulator.NewWorld()
	device, err := world.Add(emulator.Config{Name: "jkt"})
	if err != nil {
		panic(err)
	}
	return routeros.Options{User: "admin", Dial: func(context.Context, string, string) (net.Conn, error) {
		near, far := memnet.Pipe(memnet.DefaultBuffer)
		go device.ServeConn(far)
		return near, nil
	}}, func() { world.Close() }
}

func ExampleDial() {
	opts, closeWorld := inMemory()
	defer closeWorld()
	ctx := context.Background()

	s, err := routeros.Dial(ctx, "jkt.example:8728", opts)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	tunnel := routeros.EoIP{Name: "eoip-sby", RemoteAddress: "203.0.113.1", TunnelID: 101}
	if _, err := routeros.Add(ctx, s, tunnel); err != nil {
		fmt.Println(err)
	}
	tunnels, err := routeros.List[routeros.EoIP](ctx, s)
	for _, t := range tunnels {
		fmt.Println(t.Name, t.RemoteAddress, t.TunnelID)
	}
	fmt.Println(err)
	// Output:
	// eoip-sby 203.0.113.1 101
	// <nil>
}
