package emulator

import "time"

// toolMenus are /tool/netwatch, sms and e-mail.
func toolMenus() []*menu {
	return []*menu{netwatchMenu(), smsMenu(), {
		path: "tool/e-mail", single: true, verbs: map[string]verb{"send": refuseMail},
		props: []prop{
			p("server", host()).def("0.0.0.0").since(712), p("address", host()).def("0.0.0.0").until(712),
			p("port", num(0, 65535)).def("25"),
			p("tls", yesNo("starttls")).def("no").since(700), p("start-tls", yesNo("tls-only")).def("no").until(700),
			p("certificate-verification", yesNo("yes-without-crl")).since(721),
			p("from", text()).def("<>"), p("user", textUpTo(255)).def(""), p("password", textUpTo(255)).def("").sensitive(),
			p("vrf", text()).def("main").since(700), fixed("last-status", "none").since(700),
		},
	}}
}

// refuseMail checks policy and device-mode as a router would, then refuses: no
// mail leaves the emulator.
func refuseMail(c *call) error {
	if err := c.need(mayTest); err != nil {
		return err
	}
	if !c.d.allows("email") {
		return failure("not allowed by device-mode")
	}
	return refuseByName(c)
}

func netwatchMenu() *menu {
	return &menu{
		path: "tool/netwatch",
		props: []prop{
			p("name", text()), p("host", host()).must(),
			p("type", enum("simple", "icmp", "tcp-conn", "http-get", "https-get")).def("simple").since(700).until(716),
			p("type", enum("simple", "icmp", "tcp-conn", "http-get", "https-get", "dns")).def("simple").since(716),
			p("interval", dur(second, maxQuery)).def("1m").absentFrom(700),
			p("timeout", dur(10*time.Millisecond, 4*week)).def("1s").absentFrom(700),
			p("start-delay", dur(0, time.Hour)).since(700), p("startup-delay", dur(0, time.Hour)).since(700),
			p("packet-interval", dur(20*time.Millisecond, maxQuery)).since(700), p("packet-count", num(0, 4294967295)).since(700),
			p("packet-size", num(28, 65535)).since(700), p("ttl", num(1, 255)).def("255").since(716),
			p("thr-max", msDuration()).since(700), p("thr-avg", msDuration()).since(700), p("thr-stdev", msDuration()).since(700),
			p("thr-jitter", msDuration()).since(700), p("thr-loss-percent", num(0, 100)).since(700), p("thr-loss-count", num(0, 4294967295)).since(700),
			p("port", num(0, 65535)).since(700), p("thr-tcp-conn-time", dur(0, 30*second)).since(700),
			p("http-codes", text()).def("").since(700), p("thr-http-time", anyDuration()).since(700),
			p("certificate", word(ref("certificate"), "none")).since(700), p("check-certificate", boolean()).since(700),
			p("src-address", ip()).since(711), p("dns-server", ip()).since(716), p("record-type", enum("A", "AAAA", "MX", "NS")).since(716),
			p("accept-icmp-time-exceeded", boolean()).def("false").since(716),
			p("ignore-initial-up", boolean()).since(717), p("ignore-initial-down", boolean()).since(717),
			p("early-success-detection", boolean()).since(720), p("early-failure-detection", boolean()).since(720),
			p("up-script", text()).def(""), p("down-script", text()).def(""), p("test-script", text()).def("").since(700),
			ro("status", func(d *Device, r *row) (string, bool) { return d.watched(r).status(), true }),
			ro("since", func(d *Device, r *row) (string, bool) {
				w := d.watched(r)
				return formatTime(d.version, w.since.UTC()), !w.since.IsZero()
			}),
			disabled(), comment(),
		},
	}
}
