package emulator

import (
	"slices"
	"strconv"
	"time"
)

// rootMenus hold the commands that belong to no menu.
func rootMenus() []*menu {
	return []*menu{
		{path: "", bare: true, verbs: map[string]verb{"ping": ping, "undo": undoVerb, "redo": redoVerb, "execute": execute, "import": importFile}},
		{path: "system", bare: true, verbs: map[string]verb{"reboot": reboot, "shutdown": reboot}},
		{path: "tool", bare: true, verbs: map[string]verb{"ping": ping, "fetch": refuseByName}},
	}
}

func undoVerb(c *call) error {
	if err := c.need(mayWrite); err != nil {
		return err
	}
	return c.d.undo(c)
}

func redoVerb(c *call) error {
	if err := c.need(mayWrite); err != nil {
		return err
	}
	return c.d.redo(c)
}

// rebootDelay lets the reply of a reboot leave before the sessions die.
const rebootDelay = time.Second

// reboot answers and then takes the sessions away; shutdown leaves the device
// off.
func reboot(c *call) error {
	if err := c.need(mayReboot); err != nil {
		return err
	}
	d, off := c.d, c.req.command == "shutdown"
	d.w.after(rebootDelay, func() {
		d.setPower(false)
		if !off {
			d.setPower(true)
		}
	})
	return nil
}

func systemMenus() []*menu {
	return []*menu{{
		path: "system/identity", single: true,
		props: []prop{p("name", textUpTo(64)).def("MikroTik")},
	}, resourceMenu(), licenseMenu(), clockMenu(), deviceModeMenu(), schedulerMenu(), scriptMenu(), historyMenu(), {
		path: "safe-mode", from: 718, single: true, noSet: true, verbs: safeModeVerbs(),
		props: []prop{
			ro("enabled", func(d *Device, _ *row) (string, bool) { return boolText(d.safe.held), true }),
			ro("user", func(d *Device, _ *row) (string, bool) { return d.safe.user, d.safe.held }),
			{name: "current", readOnly: true, mine: func(v *rowView) (string, bool) {
				return boolText(v.d.safe.held && v.who.session != nil && v.d.safe.holder == v.who.session), true
			}},
			ro("owner", func(d *Device, _ *row) (string, bool) { return d.safe.owner, d.safe.held }),
		},
	}, {
		path: "log", noAdd: true, noSet: true, noRemove: true, view: logRows,
		verbs: map[string]verb{"info": logVerb, "warning": logVerb, "error": logVerb, "debug": logVerb},
		props: []prop{kept("time"), kept("topics"), kept("message")},
	}, {
		path: "file", key: "name", clash: func(Version, string) error { return failure("item with such name already exists") },
		props: []prop{
			p("name", nonEmpty()).must(),
			p("type", enum("directory", "file")).def("file").since(715),
			ro("size", func(_ *Device, r *row) (string, bool) { return strconv.Itoa(len(r.get("contents"))), true }),
			p("contents", text()).def(""),
		},
	}}
}

// licenseMenu is the licence of a CHR: a level by name from 7.x, by number
// before.
func licenseMenu() *menu {
	return &menu{
		path: "system/license", single: true, noSet: true,
		props: []prop{
			fixed("system-id", "emulated").since(700), fixed("level", "p-unlimited").since(700),
			fixed("software-id", "EMUL-ATED").until(700), fixed("nlevel", "6").until(700), fixed("features", "").until(700),
		},
	}
}

func resourceMenu() *menu {
	return &menu{
		path: "system/resource", single: true, noSet: true, verbs: map[string]verb{"monitor": refuseByName},
		props: []prop{
			ro("uptime", func(d *Device, _ *row) (string, bool) {
				return formatDuration(time.Since(d.booted).Truncate(time.Second)), true
			}).counts(),
			ro("version", func(d *Device, _ *row) (string, bool) { return d.version.String() + " (stable)", true }),
			fixed("factory-software", "7.1").since(701),
			fixed("free-memory", "805306368"), fixed("total-memory", "1073741824"),
			fixed("cpu", "QEMU"), fixed("cpu-count", "1"), fixed("cpu-frequency", "2400"), fixed("cpu-load", "0"),
			fixed("free-hdd-space", "67108864"), fixed("total-hdd-space", "134217728"),
			fixed("architecture-name", "x86_64"), fixed("board-name", "CHR"), fixed("platform", "MikroTik"),
		},
	}
}

func clockMenu() *menu {
	return &menu{
		path: "system/clock", single: true,
		props: []prop{
			ro("time", func(*Device, *row) (string, bool) { return time.Now().UTC().Format(time.TimeOnly), true }),
			ro("date", func(d *Device, _ *row) (string, bool) { return formatDate(d.version, time.Now().UTC()), true }),
			p("time-zone-autodetect", boolean()).def("true"), p("time-zone-name", text()).def("Etc/UTC"),
			fixed("gmt-offset", "+00:00"), never("dst-active"),
		},
	}
}

func schedulerMenu() *menu {
	return &menu{
		path: "system/scheduler", key: "name", clash: nameClash, check: checkScheduler, fill: startNow,
		props: []prop{
			p("name", nonEmpty()).must(),
			p("start-date", startDate()), p("start-time", startTime()),
			p("interval", anyDuration()).def("0s"), p("days", text()).since(724),
			p("on-event", text()).def(""), kept("owner"),
			p("policy", flags(policyNames()...)).def(scriptPolicyDefault),
			ro("run-count", runCount).counts(), ro("next-run", nextRun).counts(), disabled(), comment(),
		},
	}
}

// startNow gives a job that has no start the present moment.
func startNow(_ *Device, r *row) *row {
	now := time.Now().UTC()
	if !r.has("start-date") {
		r = r.withValue("start-date", now.Format(time.DateOnly))
	}
	if !r.has("start-time") {
		r = r.withValue("start-time", now.Format(time.TimeOnly))
	}
	return r
}

func checkScheduler(d *Device, _, _ *row) error {
	if !d.allows("scheduler") {
		return failure("not allowed by device-mode")
	}
	return nil
}

func scriptMenu() *menu {
	return &menu{
		path: "system/script", key: "name", autoName: "script", clash: nameClash,
		verbs: map[string]verb{"run": runScript},
		props: []prop{
			p("name", text()), p("owner", text()),
			p("policy", flags("ftp", "reboot", "read", "write", "policy", "test", "password", "sniff", "sensitive", "romon")).def(scriptPolicyDefault),
			p("dont-require-permissions", boolean()).def("false"), fixed("run-count", "0"),
			p("source", text()).def(""), never("invalid"), comment(),
		},
	}
}

func historyMenu() *menu {
	return &menu{
		path: "system/history", noAdd: true, noSet: true, noRemove: true, view: historyRows,
		props: []prop{
			kept("action"), kept("by"), kept("policy"), kept("time"), kept("undoable"), kept("redoable"), kept("floating-undo"),
		},
	}
}

// historyRows shows the history, newest first.
func historyRows(d *Device) []*row {
	m := d.schema.menus["system/history"]
	out := make([]*row, 0, len(d.history))
	for _, a := range slices.Backward(d.history) {

		need := "write"
		if a.need&mayPolicy != 0 {
			need = "write,policy"
		}
		out = append(out, newRow(m, a.id, "action", a.what, "by", a.by, "policy", need, "time", formatTime(d.version, a.at.UTC()),
			"undoable", boolText(!a.undone), "redoable", boolText(a.undone), "floating-undo", boolText(a.floating)))
	}
	return out
}
