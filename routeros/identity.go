package routeros

import "time"

// An Identity is /system/identity, a menu without rows of its own.
type Identity struct {
	Name string `ros:"name"`

	Extra Row `ros:"*"`
}

// Menu implements Resource.
func (Identity) Menu() string { return "/system/identity" }

// A SystemResource is /system/resource. Sizes are in bytes, CPULoad in
// percent.
type SystemResource struct {
	Uptime           time.Duration `ros:"uptime,ro"`
	Version          string        `ros:"version,ro"` // "7.16.1 (stable)": see ParseVersion
	BuildTime        string        `ros:"build-time,ro"`
	FactorySoftware  string        `ros:"factory-software,ro"` // from 7.4
	ArchitectureName string        `ros:"architecture-name,ro"`
	BoardName        string        `ros:"board-name,ro"`
	Platform         string        `ros:"platform,ro"`
	CPU              string        `ros:"cpu,ro"`
	CPUCount         int           `ros:"cpu-count,ro"`
	CPULoad          int           `ros:"cpu-load,ro"`
	FreeMemory       uint64        `ros:"free-memory,ro"`
	TotalMemory      uint64        `ros:"total-memory,ro"`
	FreeHDDSpace     uint64        `ros:"free-hdd-space,ro"`
	TotalHDDSpace    uint64        `ros:"total-hdd-space,ro"`

	Extra Row `ros:"*"`
}

// Menu implements Resource.
func (SystemResource) Menu() string { return "/system/resource" }
