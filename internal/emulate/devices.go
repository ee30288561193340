// Package emulate makes emulated routers from a topology: every router with the
// ports, uplink addresses and users that its owner would have set up by hand
// before the first apply.
package emulate

import (
	"fmt"
	"slices"

	"jembatan/routeros"
	"jembatan/routeros/emulator"
	"jembatan/tunnel"
)

// Devices returns the configuration of a device for each router of t, in its
// order. versions are given out in turn; none means the emulator's default.
// password resolves the routers' login; where it fails the user has an empty
// password, because the emulator need not know what is used elsewhere.
func Devices(t *tunnel.Topology, versions []string, password func(tunnel.SecretRef) (routeros.Secret, error)) []emulator.Config {
	var out []emulator.Config
	for i, r := range t.Routers {
		c := emulator.Config{Name: r.Name, Users: users(r.Credentials, password)}
		if len(versions) > 0 {
			c.Version = versions[i%len(versions)]
		}
		c.Ethernets, c.Addresses = ports(t, &r)
		out = append(out, c)
	}
	return out
}

// users are the box's own admin and the user that the topology logs in as.
func users(c tunnel.Credentials, password func(tunnel.SecretRef) (routeros.Secret, error)) []emulator.User {
	list := []emulator.User{{Name: "admin", Group: "full"}}
	secret, err := password(c.Password)
	if err != nil {
		secret = ""
	}
	if c.User == "admin" {
		list[0].Password = string(secret)
		return list
	}
	return append(list, emulator.User{Name: c.User, Password: string(secret), Group: "full"})
}

// leastEthernets is how many ports a device has at least.
const leastEthernets = 5

// ports gives every uplink a port that no segment uses, and the router as many
// ports as that takes.
func ports(t *tunnel.Topology, r *tunnel.Router) ([]string, []emulator.Address) {
	used := map[string]bool{}
	var names []string
	for _, seg := range t.Segments {
		if m, ok := seg.Member(r.Name); ok {
			for _, port := range m.Ports {
				used[port] = true
			}
		}
	}
	var addresses []emulator.Address
	next := 1
	for _, u := range r.Uplinks {
		for used[ether(next)] {
			next++
		}
		addresses = append(addresses, emulator.Address{Address: u.Address.String() + "/24", Interface: ether(next)})
		next++
	}
	for i := 1; i < max(next, leastEthernets+1); i++ {
		names = append(names, ether(i))
	}
	for port := range used {
		if !slices.Contains(names, port) {
			names = append(names, port)
		}
	}
	slices.Sort(names[min(len(names), max(next-1, leastEthernets)):])
	return names, addresses
}

func ether(n int) string { return fmt.Sprintf("ether%d", n) }
