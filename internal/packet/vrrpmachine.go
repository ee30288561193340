package packet

import (
	"net/netip"
	"time"
)

// A VRRPState is what a virtual router is.
type VRRPState uint8

// States.
const (
	VRRPUnknown VRRPState = iota
	VRRPInit
	VRRPBackup
	VRRPMaster
)

// String returns the word of RouterOS's properties.
func (s VRRPState) String() string {
	switch s {
	case VRRPInit:
		return "init"
	case VRRPBackup:
		return "backup"
	case VRRPMaster:
		return "master"
	case VRRPUnknown:
	}
	return "unknown"
}

// A VRRPConfig is one virtual router.
type VRRPConfig struct {
	Version  int // 2 or 3
	VRID     byte
	Priority byte // 1..254
	Interval time.Duration
	Preempt  bool
	Password string // version 2 only
	Primary  netip.Addr
	Virtual  []netip.Addr
}

// A VRRP is the state machine of one virtual router (RFC 9568, section 6.4). It
// has no socket and no clock: tell it the time, and do what it says. It is for
// one goroutine.
type VRRP struct {
	Config VRRPConfig

	state    VRRPState
	deadline time.Time // of the next Tick
	interval time.Duration
}

// A VRRPDo is what the owner has to do, in this order: advertise if Send is not
// nil; if Changed, take the virtual addresses (and announce them) or drop them.
type VRRPDo struct {
	Send    *Advert
	Changed bool
}

// State returns what the virtual router is.
func (v *VRRP) State() VRRPState {
	if v.state == VRRPUnknown {
		return VRRPInit
	}
	return v.state
}

// Deadline returns when Tick has to be called; the zero time is never.
func (v *VRRP) Deadline() time.Time { return v.deadline }

// skew and down are the timers of section 6.1; version 2 skews by seconds.
func (v *VRRP) skew() time.Duration {
	unit := v.interval
	if v.Config.Version == 2 {
		unit = time.Second
	}
	return time.Duration(256-int(v.Config.Priority)) * unit / 256
}

func (v *VRRP) down() time.Duration { return 3*v.interval + v.skew() }

// Start begins as backup.
func (v *VRRP) Start(now time.Time) VRRPDo {
	v.state, v.interval = VRRPBackup, v.Config.Interval
	v.deadline = now.Add(v.down())
	return VRRPDo{Changed: true}
}

// Stop leaves; a master says so with priority 0.
func (v *VRRP) Stop() VRRPDo {
	do := VRRPDo{Changed: true}
	if v.state == VRRPMaster {
		do.Send = v.advert(0)
	}
	v.state, v.deadline = VRRPInit, time.Time{}
	return do
}

func (v *VRRP) advert(priority byte) *Advert {
	c := &v.Config
	return &Advert{
		Version: c.Version, VRID: c.VRID, Priority: priority, Interval: c.Interval,
		Addresses: c.Virtual, Password: c.Password,
	}
}

// Tick is the deadline: a backup becomes master, a master advertises.
func (v *VRRP) Tick(now time.Time) VRRPDo {
	if v.deadline.IsZero() || now.Before(v.deadline) {
		return VRRPDo{}
	}
	do := VRRPDo{Send: v.advert(v.Config.Priority), Changed: v.state == VRRPBackup}
	v.state = VRRPMaster
	v.deadline = now.Add(v.Config.Interval)
	return do
}

// Heard takes an advert that came from src. Those of another virtual router,
// version, interval or password are not for it, as RouterOS discards them.
func (v *VRRP) Heard(now time.Time, a Advert, src netip.Addr) VRRPDo {
	c := &v.Config
	if a.VRID != c.VRID || a.Version != c.Version || a.Interval != c.Interval || a.Password != c.Password || src == c.Primary {
		return VRRPDo{}
	}
	switch v.state {
	case VRRPBackup:
		switch {
		case a.Priority == 0:
			v.deadline = now.Add(v.skew())
		case !c.Preempt || a.Priority >= c.Priority:
			v.deadline = now.Add(v.down())
		}
	case VRRPMaster:
		switch {
		case a.Priority == 0:
			v.deadline = now.Add(c.Interval)
			return VRRPDo{Send: v.advert(c.Priority)}
		case a.Priority > c.Priority, a.Priority == c.Priority && c.Primary.Less(src):
			v.state = VRRPBackup
			v.deadline = now.Add(v.down())
			return VRRPDo{Changed: true}
		}
	case VRRPInit, VRRPUnknown:
	}
	return VRRPDo{}
}

// SetRank changes priority and preemption while it runs.
func (v *VRRP) SetRank(priority byte, preempt bool) {
	v.Config.Priority, v.Config.Preempt = priority, preempt
}
