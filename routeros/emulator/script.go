package emulator

import (
	"errors"
	"strings"
)

// Scripts run for /execute, /system/script/run, the scheduler, and an /import of
// what is no configuration (see isConfiguration), all with the world's lock held and so in one moment. What the interpreter lacks
// is refused by name; see script_run.go for what it has.

// execute is /execute: with as-string it waits and returns what was printed,
// errors of the script included, else it returns a job and runs by itself.
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
	d, who := c.d, c.who
	if !asString {
		d.lastJob++
		c.setRet(idText(d.lastJob))
		who.session = nil // The job outlives the session.
		d.w.after(0, func() {
			if _, err := d.runText(who, source); err != nil {
				d.log("script,error", "executing script from api failed: "+err.Error())
			}
		})
		return nil
	}
	out, err := d.runText(who, source)
	if err != nil {
		if strings.HasPrefix(err.Error(), "emulator:") {
			return err
		}
		out += err.Error()
	}
	c.setRet(strings.TrimSuffix(out, "\n"))
	return nil
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
	may := parsePolicy(r.get("policy"))
	if may&^c.who.may != 0 && !r.is("dont-require-permissions") {
		return noPermission()
	}
	_, err := c.d.runText(caller{user: c.who.user, may: may, session: c.who.session}, r.get("source"))
	if syntax, ok := errors.AsType[*syntaxError](err); ok {
		return trapf(NoCategory, "%s", syntax.Error())
	}
	return err
}
