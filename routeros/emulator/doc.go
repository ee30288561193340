// Package emulator is a RouterOS device in this process, for tests, demos and
// the CI of those who use the client: the real API protocol in front, tables
// with the arguments, ranges, defaults and error texts of a release behind it,
// and faults that can be called for. It is strict, so that what passes here has
// a chance on a router.
//
// A World holds devices that know each other's addresses. An EoIP interface
// runs because the other end sends keepalives that arrive; bridge ports, bonds,
// VRRP and netwatch follow from that. The world moves by events on package
// time, so that it runs in a testing/synctest bubble and a hundred seconds of
// keepalive take none.
//
//	w := emulator.NewWorld()
//	defer w.Close()
//	jkt, err := w.Add(emulator.Config{Name: "jkt", Version: "7.16.1",
//		Addresses: []emulator.Address{{Address: "198.51.100.1/24", Interface: "ether1"}}})
//	go jkt.ServeConn(conn)
//
// # Configurations and scripts
//
// Package rsc writes what /export gives, compact, terse or verbose, of the whole
// device or of a menu, and reads what /import is given if that is a
// configuration: nothing but add, set, remove, enable and disable in menus that
// there are, with plain values, as in every export. Its commands then go through
// the same tables as those of the API. Any other text is a script.
//
// Scripts run, for /execute, /system/script/run, /import and the scheduler, in a
// subset of the language: commands, [find where …], :do with on-error, :if,
// :local, :set, :len, :put, :log and :error. The rest of it is refused by name.
//
// The interpreter reads exports too, with a parser of its own, and Device.Export
// writes the tables in a form of its own: by these two tests see whether rsc,
// which the client's side uses as well, is mistaken.
//
// # What it does not do
//
// No frame travels: the world answers what would follow from the configuration,
// and a Plane can take its place. An export cannot say that a row which every
// device has was removed. Get and print in a script, mail and some other
// commands that RouterOS has and this package lacks, are refused by name, with a
// text that begins with "emulator:". Spanning tree,
// routing beyond connected networks, connection tracking (see
// Device.AddConnection) and IPsec negotiation are not imitated; bonds see the
// state of a slave at once, without mii-interval and delays; the clock cannot
// be set; a certificate that is signed has no key, and a Server's certificate
// is its own.
//
// # Assumptions
//
// Where no source tells what a router does, this package does what follows, and
// nothing should be built on it: a tunnel end sends its first keepalive when it
// is enabled; changing its peer makes it start anew; a scheduler entry without a
// start runs first one interval after the second in which it was added; a bridge runs whenever it
// is enabled; the texts that refuse a duplicate tunnel-id or VRID; the release
// in which "already have interface with such name" became "with name X" (here
// 7.20); a session above max-sessions is closed without a word; commands with
// several ids stop at the first that fails and keep what they did; a listen with
// a proplist tells only of changes in it; every port of /tool/sms has a modem with
// reception, and the texts with which it refuses.
//
// # Clients
//
// Tests run go-routeros v3.0.1 against it and, when asked to, node-routeros.
// Librouteros and the Ansible collection community.routeros were read, not run:
// what they need is there — login with =name= and =password= in one sentence,
// .proplist, queries, .id in every row, "=!name=" to take a property away, and
// set by .id.
package emulator
