package emulator

import (
	"fmt"
	"hash/fnv"
	"strconv"
)

// Config describes one device as it comes out of its box and was first set up.
type Config struct {
	// Name is the device's identity and its name in the world. It is required.
	Name string
	// Version is the RouterOS release, "7.16.1" if empty.
	Version string
	// Ethernets are the ports; ether1 to ether5 if nil.
	Ethernets []string
	// Addresses are in /ip/address from the start.
	Addresses []Address
	// Users can log in; admin without a password, in group full, if nil.
	Users []User
	// DeviceMode is the device-mode; advanced if empty.
	DeviceMode string
	// OldLogin asks for the challenge login of releases before 6.43.
	OldLogin bool
}

// An Address is one row of /ip/address: "198.51.100.1/24" on "ether1".
type Address struct{ Address, Interface string }

// A User is one row of /user. Group is full if empty.
type User struct{ Name, Password, Group string }

// defaultVersion is the release of a Config that names none.
const defaultVersion = "7.16.1"

// defaultEthernets is the number of ports of a Config that names none.
const defaultEthernets = 5

func newDevice(w *World, c Config) (*Device, error) {
	if c.Name == "" {
		return nil, fmt.Errorf("no name")
	}
	if c.Version == "" {
		c.Version = defaultVersion
	}
	v, err := ParseVersion(c.Version)
	if err != nil {
		return nil, err
	}
	switch c.DeviceMode {
	case "":
		c.DeviceMode = "advanced"
	case "home", "basic", "advanced", "enterprise", "ros":
	default:
		return nil, fmt.Errorf("device mode %q: want home, basic, advanced or ros", c.DeviceMode)
	}
	d := newPowered(w, c, v)
	if err := d.configure(c); err != nil {
		return nil, err
	}
	return d, nil
}

// configure fills the tables from c.
func (d *Device) configure(c Config) error {
	s := d.schema
	d.tables = map[string]*table{
		"system/identity": {rows: []*row{newRow(s.menus["system/identity"], 0, "name", c.Name)}},
	}
	if c.Ethernets != nil {
		t := &table{}
		for i, name := range c.Ethernets {
			t.rows = append(t.rows, newRow(s.menus["interface/ethernet"], uint32(i+1), "name", name, "default-name", "ether"+strconv.Itoa(i+1)))
		}
		d.tables["interface/ethernet"] = t
	}
	if c.Users != nil {
		d.tables["user"] = &table{}
	}
	run := func(path string, words ...string) error {
		call := &call{d: d, req: newRequest(path, words), who: console()}
		fn, _, err := d.dispatch(call)
		if err != nil {
			return err
		}
		return fn(call)
	}
	for _, u := range c.Users {
		if u.Group == "" {
			u.Group = "full"
		}
		if err := run("/user/add", "=name="+u.Name, "=password="+u.Password, "=group="+u.Group); err != nil {
			return fmt.Errorf("user %s: %w", u.Name, err)
		}
	}
	for _, a := range c.Addresses {
		if err := run("/ip/address/add", "=address="+a.Address, "=interface="+a.Interface); err != nil {
			return fmt.Errorf("address %s on %s: %w", a.Address, a.Interface, err)
		}
	}
	return nil
}

// macOf makes a MAC address for an interface out of the names, the same one
// every time: nothing in the package is random.
func macOf(first byte, device string, id uint32) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(device))
	_, _ = h.Write([]byte{byte(id >> 24), byte(id >> 16), byte(id >> 8), byte(id)})
	x := h.Sum64()
	return fmt.Sprintf("%02X:%02X:%02X:%02X:%02X:%02X", first, byte(x>>32), byte(x>>24), byte(x>>16), byte(x>>8), byte(x))
}
