package routeros

import "time"

// A Scheduler is a row of /system/scheduler: script text that runs at a time.
// With an Interval and no StartTime it runs first after one interval. Policy
// must be a part of the adding user's. Source: MikroTik manual, "Scheduler".
type Scheduler struct {
	ID        string        `ros:".id,ro"`
	Name      string        `ros:"name"`
	OnEvent   string        `ros:"on-event"`
	Interval  time.Duration `ros:"interval"` // zero runs once
	StartDate string        `ros:"start-date"`
	StartTime string        `ros:"start-time"` // a time of day or "startup"
	Policy    []string      `ros:"policy"`
	Owner     string        `ros:"owner,ro"`
	NextRun   string        `ros:"next-run,ro"`
	RunCount  uint64        `ros:"run-count,ro"` // since boot
	Disabled  bool          `ros:"disabled"`
	Comment   string        `ros:"comment"`

	Extra Row `ros:"*"`
}

// Menu implements Resource.
func (Scheduler) Menu() string { return "/system/scheduler" }
