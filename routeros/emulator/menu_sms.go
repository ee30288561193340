package emulator

import (
	"slices"
	"strings"
	"time"
)

// maxSMS is how many sent messages a device remembers.
const maxSMS = 1000

// An SMS is a text message that a device has sent.
type SMS struct {
	At                time.Time
	Port, Phone, Text string
}

// A modemState is what a device knows of its modems.
type modemState struct {
	sent  []SMS
	busy  map[string]bool // ports that are sending
	takes time.Duration
	fails string
}

// Sent returns the text messages that the device has sent, oldest first; of very
// many only the last.
func (d *Device) Sent() []SMS {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	return slices.Clone(d.modems.sent)
}

// Modem says how the device's modems behave from now on: how long each takes
// over a message, and the message with which it then fails; "" is success. In
// the beginning they take no time and succeed.
func (d *Device) Modem(takes time.Duration, fails string) {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	d.modems.takes, d.modems.fails = takes, fails
}

func smsMenu() *menu {
	return &menu{
		path: "tool/sms", single: true, verbs: map[string]verb{"send": sendSMS},
		props: []prop{
			p("receive-enabled", boolean()).def("false"), p("polling", boolean()).since(716),
			p("port", word(iface(), "none")).def("none"), p("channel", num(0, 255)).def("0"),
			p("secret", text()).def("").sensitive(), p("allowed-number", text()).def(""), p("sim-pin", text()).def("").sensitive(),
			p("auto-erase", boolean()).def("false").until(713), p("sms-storage", enum("modem", "sim", "combined")).since(715),
			p("remove-sent-sms-after-send", boolean()).since(720), fixed("status", "stopped"),
		},
	}
}

// sendSMS is /tool/sms/send (MikroTik manual, SMS): done means that the modem
// has accepted the message. A port sends one message at a time.
func sendSMS(c *call) error {
	if err := c.need(mayTest); err != nil {
		return err
	}
	phone, ok := c.req.take("phone-number")
	if !ok {
		return missingValues([]string{"phone-number"})
	}
	message, _ := c.req.take("message")
	port, ok := c.req.take("port")
	if !ok {
		port = c.d.rows(c.menu)[0].get("port")
	}
	c.req.take("channel", "smsc", "type", "status-report-request")
	if err := c.req.none(); err != nil {
		return err
	}
	digits := strings.TrimPrefix(phone, "+")
	switch {
	case digits == "" || strings.Trim(digits, "0123456789*#abc") != "":
		return invalidValue("phone-number")
	case port == "" || port == "none":
		return failure("no port")
	case !inGSM(message):
		return failure("message too long or not of GSM 7-bit")
	}
	d, sms := c.d, SMS{Port: port, Phone: phone, Text: message}
	c.job = func(stop <-chan struct{}, _ func([]pair)) error { return d.transmit(sms, stop) }
	return nil
}

// use takes a port, unless it is sending.
func (m *modemState) use(port string) bool {
	if m.busy[port] {
		return false
	}
	if m.busy == nil {
		m.busy = map[string]bool{}
	}
	m.busy[port] = true
	return true
}

// transmit waits for the modem. It is called without the world's lock.
func (d *Device) transmit(sms SMS, stop <-chan struct{}) error {
	d.w.mu.Lock()
	takes, free := d.modems.takes, d.modems.use(sms.Port)
	d.w.mu.Unlock()
	if !free {
		return failure("port is busy")
	}
	t := time.NewTimer(takes)
	defer t.Stop()
	stopped := false
	select {
	case <-stop:
		stopped = true
	case <-t.C:
	}
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	delete(d.modems.busy, sms.Port)
	switch {
	case stopped:
		return nil
	case d.modems.fails != "":
		return failure("%s", d.modems.fails)
	}
	sms.At = time.Now()
	d.modems.sent = append(d.modems.sent, sms)
	if n := len(d.modems.sent); n > maxSMS {
		d.modems.sent = slices.Delete(d.modems.sent, 0, n-maxSMS)
	}
	return nil
}

// inGSM reports whether a text fits into one message: 160 characters of GSM
// 7-bit, of which those of the extension count twice. Of what is not ASCII
// nothing is taken here.
func inGSM(s string) bool {
	n := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 0x80 || c < ' ' && c != '\n' && c != '\r' || c == '`':
			return false
		case strings.IndexByte(`^{}\[]~|`, c) >= 0:
			n += 2
		default:
			n++
		}
	}
	return n <= 160
}
