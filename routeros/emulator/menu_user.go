package emulator

// userMenus are /user, its groups and the sessions.
func userMenus() []*menu {
	return []*menu{{
		path: "user", key: "name", policy: mayPolicy,
		clash: func(Version, string) error { return failure("user with the same name already exists") },
		rows: func(Version) []seed {
			return []seed{{1, []string{"name", "admin", "group", "*3", "comment", "system default user"}}}
		},
		removable: func(d *Device, r *row) error {
			if d.lastFullUser(r) {
				return failure("the last user with full access cannot be removed")
			}
			return nil
		},
		props: []prop{
			p("name", nonEmpty()).must(), p("group", ref("user/group")).must(),
			p("password", text()).def("").hidden(), p("address", list(network())).def(""),
			p("inactivity-timeout", dur(60*second, day)).def("10m").since(716),
			p("inactivity-policy", enum("lockscreen", "logout", "none")).def("none").since(716),
			never("expired").since(706), disabled(), comment(),
		},
	}, {
		path: "user/group", key: "name", policy: mayPolicy, rows: groups,
		clash: func(Version, string) error { return failure("group with such name already exists") },
		removable: func(_ *Device, r *row) error {
			if r.id >= 1 && r.id <= 3 {
				return failure("cannot remove builtin")
			}
			return nil
		},
		props: []prop{
			p("name", nonEmpty()).must(), p("policy", groupPolicy()).def(""), p("skin", text()).def("default"), comment(),
		},
	}, {
		path: "user/active", noAdd: true, noSet: true, noRemove: true, view: activeUsers,
		verbs: map[string]verb{"remove": endSession, "request-logout": endSession},
		props: []prop{
			kept("when"), kept("name"), kept("address"), kept("via"), kept("group"), never("radius"), never("by-romon"),
		},
	}}
}

// groups are those of a fresh router. "read" contains reboot and sensitive.
func groups(v Version) []seed {
	read := "local,telnet,ssh,reboot,read,test,winbox,password,web,sniff,sensitive,api,romon"
	write := "local,telnet,ssh,reboot,read,write,test,winbox,password,web,sniff,sensitive,api,romon"
	full := "local,telnet,ssh,ftp,reboot,read,write,policy,test,winbox,password,web,sniff,sensitive,api,romon"
	if v.AtLeast(7, 1) {
		read, write, full = read+",rest-api", write+",rest-api", full+",rest-api"
	}
	return []seed{
		{1, []string{"name", "read", "policy", read}},
		{2, []string{"name", "write", "policy", write}},
		{3, []string{"name", "full", "policy", full}},
	}
}

// lastFullUser reports whether r is the only user of the group full.
func (d *Device) lastFullUser(r *row) bool {
	for _, u := range d.rowsOf("user") {
		if u != r && u.get("group") == "*3" && !u.is("disabled") {
			return false
		}
	}
	return r.get("group") == "*3"
}

func activeUsers(d *Device) []*row {
	m := d.schema.menus["user/active"]
	var out []*row
	for _, s := range d.sessions {
		if s.logged {
			out = append(out, newRow(m, s.id, "when", formatTime(d.version, s.since.UTC()), "name", s.user,
				"address", s.peerText(), "via", "api", "group", s.group))
		}
	}
	return out
}

// endSession is remove, and request-logout before 7.20.
func endSession(c *call) error {
	if c.req.command == "remove" != c.d.version.AtLeast(7, 20) {
		return unknownCommand(c.d.version, c.req.command)
	}
	if err := c.need(mayPolicy | mayWrite); err != nil {
		return err
	}
	targets, err := c.targets()
	if err != nil {
		return err
	}
	for _, t := range targets {
		id, _ := parseID(t)
		found := false
		for _, s := range c.d.sessions {
			if s.logged && s.id == id && id != 0 {
				s.kill()
				found = true
			}
		}
		if !found {
			return noSuchItem()
		}
	}
	return nil
}
