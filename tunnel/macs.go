package tunnel

import (
	"fmt"
	"strconv"
	"strings"
)

// allotMACs gives every tunnel end a MAC address: the one it has, or a hashed
// one that no interface of any router has. all is sorted by mark.
//
// A known address is kept even when something that is not a tunnel of ours has
// it too: a bond, for one, takes the address of its first slave.
func (x *expansion) allotMACs(all []*Tunnel) {
	taken := make(map[string]bool)
	for _, t := range all {
		known := x.known.Tunnels[t.Mark()]
		for i := range t.Ends {
			if mac := strings.ToUpper(known.MACs[i]); mac != "" && !taken[mac] {
				t.Ends[i].MAC, taken[mac] = mac, true
			}
		}
	}
	owners := x.macOwners()
	for _, t := range all {
		for i := range t.Ends {
			if t.Ends[i].MAC == "" {
				t.Ends[i].MAC = freeMAC(t, t.Ends[i].Router, taken, owners)
				taken[t.Ends[i].MAC] = true
			}
		}
	}
}

// macOwners returns the mark of whoever has a MAC address now, "" when that is
// not one of ours or more than one.
func (x *expansion) macOwners() map[string]string {
	owners := make(map[string]string)
	for _, macs := range x.known.MACs {
		for mac, mark := range macs {
			mac = strings.ToUpper(mac)
			if have, ok := owners[mac]; ok && have != mark {
				mark = ""
			}
			owners[mac] = mark
		}
	}
	return owners
}

// freeMAC returns the first hashed address of a tunnel's end that nobody else has.
func freeMAC(t *Tunnel, router string, taken map[string]bool, owners map[string]string) string {
	for try := 0; ; try++ {
		mac := hashMAC(tunnelMAC, try, t.Segment, t.Name, router)
		if owner, used := owners[mac]; !taken[mac] && (!used || owner == t.Mark()) {
			return mac
		}
	}
}

// Kinds of hashed MAC addresses: the lowest bit of the second byte, so a bridge
// never has the address of a tunnel end.
const (
	tunnelMAC = 0
	bridgeMAC = 1
)

// hashMAC returns the try-th locally administered unicast address of words, in
// upper case: 02, then 39 bits of hash and the kind.
func hashMAC(kind uint64, try int, words ...string) string {
	h := hash(append([]string{"mac", strconv.Itoa(try)}, words...)...)
	h = h&^(1<<32) | kind<<32
	return fmt.Sprintf("02:%02X:%02X:%02X:%02X:%02X", byte(h>>32), byte(h>>24), byte(h>>16), byte(h>>8), byte(h))
}
