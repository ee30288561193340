package routeros

import "time"

// A VRRP is a row of /interface/vrrp: one virtual router on one interface.
// Every member must have the same Interval and the same addresses. Source:
// MikroTik manual, "VRRP".
type VRRP struct {
	ID             string        `ros:".id,ro"`
	Name           string        `ros:"name"`
	Interface      string        `ros:"interface"`
	VRID           uint8         `ros:"vrid"`     // 1 to 255
	Priority       uint8         `ros:"priority"` // 1 to 254
	Interval       time.Duration `ros:"interval"` // 10ms to 4m15s
	Version        uint8         `ros:"version"`  // 2 or 3
	V3Protocol     string        `ros:"v3-protocol"`
	PreemptionMode bool          `ros:"preemption-mode"`
	Authentication string        `ros:"authentication"`
	Password       Secret        `ros:"password"`
	OnMaster       string        `ros:"on-master"`
	OnBackup       string        `ros:"on-backup"`
	OnFail         string        `ros:"on-fail"`

	// GroupAuthority is "none", "self" or a VRRP's name. Before 7.10 it was
	// group-master.
	GroupAuthority         string `ros:"group-authority@7.10|group-master"`
	SyncConnectionTracking bool   `ros:"sync-connection-tracking"`
	RemoteAddress          string `ros:"remote-address"`
	ConnectionTrackingMode string `ros:"connection-tracking-mode"` // from 7.20
	MACAddress             string `ros:"mac-address,ro"`

	Master   bool   `ros:"master,ro"`
	Backup   bool   `ros:"backup,ro"` // a backup is not running
	Running  bool   `ros:"running,ro"`
	Invalid  bool   `ros:"invalid,ro"`
	Failure  bool   `ros:"failure,ro"`
	Disabled bool   `ros:"disabled"`
	Comment  string `ros:"comment"`

	Extra Row `ros:"*"`
}

// Menu implements Resource.
func (VRRP) Menu() string { return "/interface/vrrp" }
