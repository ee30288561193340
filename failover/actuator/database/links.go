package database

import (
	"context"
	"fmt"
	"net/netip"

	"jembatan/health/replication"
)

// LinkFrom finds the channel by which a server reads from an address, as the
// link's own configuration names it. A server's only link is taken where it was
// configured by a name; among several, names are not found.
func LinkFrom(ctx context.Context, s Server, source netip.Addr) (channel string, found bool, err error) {
	o := s.read(ctx)
	if o.Failure.Reason != replication.NoReason {
		return "", false, fmt.Errorf("links of %s: %s: %s", s.Name, o.Failure.Reason, o.Failure.Detail)
	}
	for _, l := range o.Links {
		host, err := netip.ParseAddr(l.Host)
		if err == nil && host == source || err != nil && len(o.Links) == 1 {
			return l.Channel, true, nil
		}
	}
	return "", false, nil
}
