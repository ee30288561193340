package demo

import (
	"context"
	"fmt"
	"os/exec"
	"time"
)

// services switches the main server of a service off and lets it come back, once
// with dst-nat and once with VRRP, and prints what that came to.
func (d *demo) services(ctx context.Context) error {
	if why := d.unable(); why != nil {
		d.chapter("The main server dies: not possible here")
		d.say("A server can only be switched off where there is one, and users can only be led to\nanother one where there are packets. Here there are none:\n%v", why)
		return nil
	}
	d.leave() // What follows is measured: nothing else shall run.
	databases := haveDatabases()
	var both []*outcome
	for _, way := range []*way{natWay(), vrrpWay()} {
		o, err := d.service(ctx, way, databases)
		if err != nil {
			return err
		}
		both = append(both, o)
	}
	return d.thesis(both)
}

// unable says why the chapters about services cannot be told here; nil: they can.
func (d *demo) unable() error {
	if d.bare != nil {
		return d.bare
	}
	if _, err := exec.LookPath("nft"); err != nil {
		return fmt.Errorf("the lab's routers need the program nft for NAT (Debian: nftables): %w", err)
	}
	return nil
}

// A way is how clients are led to a server, in words.
type way struct {
	name    string
	vrrp    bool
	title   string
	setting string
	public  string // what is asked at the end
	turned  string // what a switch does, FROM a server TO another
}

func natWay() *way {
	return &way{
		name:  "NAT",
		title: "The main server dies: users come by dst-nat on two routers",
		setting: "Users on the internet come by the public addresses of jkt and sby, whose dst-nat\n" +
			"rules lead to one of the servers.",
		public: "the service at both public addresses",
		turned: "both routers lead to TO, old connections are cut",
	}
}

func vrrpWay() *way {
	return &way{
		name: "VRRP", vrrp: true,
		title:   "The same with VRRP: users come by a virtual address",
		setting: "Users in the segment come by 192.168.50.2, which jkt and sby share by VRRP.",
		public:  "the service at the virtual address",
		turned:  "the virtual address goes to TO's site and leads to TO",
	}
}

// An outcome is one service having lost its main server and got it back.
type outcome struct {
	way       *way
	databases bool
	legs      [2]leg // the failover and the failback
	// well is how long after its power came back the old main server was healthy
	// and, with databases, compared and in sync.
	well time.Duration
}
