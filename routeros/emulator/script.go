package emulator

// A runner carries out script text for /execute, /system/script/run and the
// scheduler. None exists yet: scripts are stored and listed, and whoever asks
// to run one is refused by name. This is the place to put an interpreter: it
// gets the device, the caller whose policies hold, and the text, with the
// world's lock held, and returns what the script printed.
type runner func(d *Device, who caller, source string) (output string, err error)

// scriptRunner returns the interpreter, nil while there is none.
func scriptRunner() runner { return nil }

// execute is /execute.
func execute(c *call) error {
	if err := c.need(mayRead | mayWrite | mayTest); err != nil {
		return err
	}
	source, ok := c.req.take("script")
	if !ok {
		return missingValues([]string{"script"})
	}
	_, asString := c.req.take("as-string")
	if asString && !c.d.version.AtLeast(7, 0) {
		return unknownParameter("as-string")
	}
	c.req.take("file")
	if err := c.req.none(); err != nil {
		return err
	}
	return c.runText("/execute", source)
}

// runScript is /system/script/run.
func runScript(c *call) error {
	if err := c.need(mayRead | mayTest); err != nil {
		return err
	}
	name, ok := c.req.take("number", ".id", "numbers")
	if !ok {
		return missingValues([]string{"number"})
	}
	c.req.take("use-script-permissions")
	if err := c.req.none(); err != nil {
		return err
	}
	r := c.d.find(c.menu, name)
	if r == nil {
		return noSuchItem()
	}
	if parsePolicy(r.get("policy"))&^c.who.may != 0 && !r.is("dont-require-permissions") {
		return noPermission()
	}
	return c.runText("/system/script/run "+r.name(), r.get("source"))
}

// runText runs source if something can run it.
func (c *call) runText(what, source string) error {
	run := scriptRunner()
	if run == nil {
		return notEmulated(what)
	}
	out, err := run(c.d, c.who, source)
	if err == nil {
		c.setRet(out)
	}
	return err
}
