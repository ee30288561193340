package stage_test

import (
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"jembatan/failover/actuator/internal/stage"
	"jembatan/internal/emulate"
	"jembatan/routeros"
	"jembatan/routeros/emulator"
	"jembatan/tunnel"
)

// TestExports takes the export of every provisioned router to a device that was
// reset, of the same release and with the same ports, and wants the same router:
// its export byte for byte, and what Device.Export says, which shares no code.
func TestExports(t *testing.T) {
	for name, interval := range map[string]string{"dst-nat": "", "VRRP": "1s"} {
		for _, v := range emulator.Versions() {
			t.Run(name+" "+v.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := stage.New(t, stage.Topology(2, interval), v.String())
					defer s.Close()
					s.Provision()
					for _, c := range emulate.Devices(s.Topology, []string{v.String()}, open) {
						c.Addresses = nil // They come with the export.
						world := emulator.NewWorld()
						defer world.Close()
						reset, err := world.Add(c)
						if err != nil {
							t.Fatal(err)
						}
						d := s.World.Device(c.Name)
						if err := reset.Import(d.Script(true)); err != nil {
							t.Fatalf("%v\n%s", err, d.Script(true))
						}
						if diff := cmp.Diff(d.Script(true), reset.Script(true)); diff != "" {
							t.Errorf("%s: imported is not what was exported (-want +got):\n%s", c.Name, diff)
						}
						// Users are not in exports.
						if _, err := reset.Do("/user/set", "=.id=jembatan", "=group=least"); err != nil {
							t.Fatal(err)
						}
						if diff := cmp.Diff(d.Export(), reset.Export()); diff != "" {
							t.Errorf("%s: the routers differ (-want +got):\n%s", c.Name, diff)
						}
					}
				})
			})
		}
	}
}

func open(tunnel.SecretRef) (routeros.Secret, error) { return "open", nil }
