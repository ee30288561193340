package emulator

import "strings"

// A verb carries out one command. The world's lock is held. It puts rows and
// the returned value into c, or sets c.job for what takes time.
type verb func(c *call) error

// A job is the part of a command that takes time; it runs without the world's
// lock. It hands rows to emit until it is over or stop is closed.
type job func(stop <-chan struct{}, emit func([]pair)) error

// A call is a command on its way through the device.
type call struct {
	d    *Device
	menu *menuAt
	req  request
	who  caller

	rows  [][]pair
	ret   string
	isRet bool
	isDo  bool // From Do: nobody could cancel it.
	lost  bool // A fault swallows the reply.
	job   job
	empty bool // The command prints rows: none is told by !empty.
	wrote bool // The command may have changed the configuration.
}

// setRet makes v the returned value.
func (c *call) setRet(v string) { c.ret, c.isRet = v, true }

// need refuses a caller without the policy.
func (c *call) need(p policy) error {
	if c.who.may&p != p {
		return noPermission()
	}
	return nil
}

// call runs a request to its end, but for the job. It takes the world's lock.
func (d *Device) call(c *call) error {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	if !d.on {
		return failure("the device is off") // Only Do can get here.
	}
	return d.carryOut(c)
}

// carryOut is call with the world's lock held. Scripts use it for their
// commands, each of which is an action of its own.
func (d *Device) carryOut(c *call) error {
	c.d = d
	run, write, err := d.dispatch(c)
	if err != nil {
		return err
	}
	if err := d.faults.before(c, write); err != nil {
		return err
	}
	if !write {
		return run(c)
	}
	c.wrote = true
	d.begin(c)
	err = run(c)
	d.commit()
	d.w.settle()
	return err
}

// dispatch finds the verb of a request and checks the caller's policy for it.
func (d *Device) dispatch(c *call) (run verb, write bool, err error) {
	if c.req.command == "export" && d.schema.dirs[c.req.path] {
		return export, false, nil
	}
	m := d.schema.menus[c.req.path]
	if m == nil {
		return nil, false, d.unknown(c.req.path, c.req.command)
	}
	c.menu = m
	if v, ok := m.verbs[c.req.command]; ok {
		return v, verbWrites(c.req.command), nil
	}
	run, need := usual(m, c.req.command)
	if run == nil {
		return nil, false, unknownCommand(d.version, c.req.command)
	}
	if need&mayWrite != 0 {
		need |= m.policy
	}
	if err := c.need(need); err != nil {
		return nil, false, err
	}
	return run, need&mayWrite != 0, nil
}

// unknown tells which part of a path does not exist.
func (d *Device) unknown(path, command string) error {
	known := ""
	for part := range strings.SplitSeq(path, "/") {
		next := strings.Trim(known+"/"+part, "/")
		if !d.schema.dirs[next] {
			return unknownPath(d.version, part)
		}
		known = next
	}
	return unknownCommand(d.version, command)
}

// usual returns the verb that menus of m's shape have, and what it needs.
func usual(m *menuAt, command string) (verb, policy) {
	if m.bare {
		return nil, 0
	}
	switch command {
	case "print", "getall":
		return printRows, mayRead
	case "listen":
		return listenRows, mayRead
	case "set":
		if !m.noSet {
			return setRows, mayRead | mayWrite
		}
	case "get", "find", "edit", "reset":
		return refuseByName, mayRead
	}
	if m.single {
		return nil, 0
	}
	switch command {
	case "add":
		if !m.noAdd {
			return addRow, mayRead | mayWrite
		}
	case "remove":
		if !m.noRemove {
			return removeRows, mayRead | mayWrite
		}
	case "enable", "disable":
		if m.byName["disabled"] != nil && !m.byName["disabled"].readOnly {
			return enableRows, mayRead | mayWrite
		}
	case "comment":
		if m.byName["comment"] != nil {
			return commentRows, mayRead | mayWrite
		}
	case "unset":
		if m.hasUnset() {
			return unsetRows, mayRead | mayWrite
		}
	case "move":
		if m.ordered {
			return moveRows, mayRead | mayWrite
		}
	}
	return nil, 0
}

// refuseByName refuses a command that RouterOS has here and the emulator lacks.
func refuseByName(c *call) error {
	return notEmulated("/" + c.menu.path + "/" + c.req.command)
}

// verbWrites reports whether a menu's own verb changes the configuration and
// so belongs into the history.
func verbWrites(command string) bool {
	switch command {
	case "set", "enable", "disable", "comment", "sign", "undo", "redo", "reset-counters", "reset-counters-all":
		return true
	}
	return false
}
