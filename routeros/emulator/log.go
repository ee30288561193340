package emulator

import "time"

// maxLog is how many lines a router keeps in memory.
const maxLog = 1000

// A logLine is one row of /log.
type logLine struct {
	id              uint32
	at              time.Time
	topics, message string
}

// log notes a line. The world's lock is held.
func (d *Device) log(topics, message string) {
	id := uint32(1)
	if n := len(d.logs); n > 0 {
		id = d.logs[n-1].id + 1
	}
	d.logs = append(d.logs, logLine{id, time.Now(), topics, message})
	if len(d.logs) > maxLog {
		d.logs = d.logs[1:]
	}
}

func logRows(d *Device) []*row {
	m := d.schema.menus["log"]
	out := make([]*row, 0, len(d.logs))
	for _, l := range d.logs {
		out = append(out, newRow(m, l.id, "time", formatTime(d.version, l.at.UTC()), "topics", l.topics, "message", l.message))
	}
	return out
}

// logVerb is /log/info and its like.
func logVerb(c *call) error {
	message, ok := c.req.take("message")
	if !ok {
		return missingValues([]string{"message"})
	}
	if err := c.req.none(); err != nil {
		return err
	}
	if err := c.need(mayWrite); err != nil {
		return err
	}
	c.d.log("script,"+c.req.command, message)
	return nil
}
