package emulator

import (
	"crypto/md5" //nolint:gosec // The protocol of old releases.
	"encoding/hex"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxSessionsBefore bounds the sessions of releases without max-sessions.
const maxSessionsBefore = 200

// open admits a connection to the device, or not.
func (d *Device) open(s *session) bool {
	if d.faults.drops() {
		return false
	}
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	if !d.on || d.closed || !d.manageable() {
		return false
	}
	name := "api"
	if s.tls {
		name = "api-ssl"
	}
	service := d.lookup("ip/service", name)
	if service == nil || service.is("disabled") || !admits(service.get("address"), s.peer) {
		return false
	}
	limit := maxSessionsBefore
	if v, err := strconv.Atoi(service.get("max-sessions")); err == nil {
		limit = v
	}
	n := 0
	for _, x := range d.sessions {
		if x.tls == s.tls {
			n++
		}
	}
	// What a router sends here is not known; it closes.
	if n >= limit {
		return false
	}
	d.sessions = append(d.sessions, s)
	return true
}

// gone forgets a session that has ended.
func (d *Device) gone(s *session) {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	if i := slices.Index(d.sessions, s); i >= 0 {
		d.sessions = slices.Delete(d.sessions, i, i+1)
	}
	if s.vanished {
		d.w.after(d.notice, func() { d.sessionGone(s) })
	} else {
		d.sessionGone(s)
	}
	d.w.dirty[d] = true
	d.w.settle()
}

// admits reports whether a peer may come from where it comes; an empty list,
// and a peer without an address (a pipe), admit.
func admits(prefixes string, peer netip.Addr) bool {
	if prefixes == "" || !peer.IsValid() {
		return true
	}
	for x := range strings.SplitSeq(prefixes, ",") {
		if p, err := netip.ParsePrefix(x); err == nil && p.Contains(peer) {
			return true
		}
		if a, err := netip.ParseAddr(x); err == nil && a == peer {
			return true
		}
	}
	return false
}

// login answers /login and reports whether the session is logged in by it.
func (s *session) login(req request) bool {
	name, _ := req.take("name")
	password, _ := req.take("password")
	response, responds := req.take("response")
	if s.d.old && !responds {
		s.challenge = s.d.newChallenge()
		s.send(reply(wordDone, req.tag, pair{"ret", hex.EncodeToString(s.challenge)}))
		return false
	}
	ok := !s.d.faults.refusesLogin() && s.d.logIn(s, name, func(stored string) bool {
		if s.d.old {
			return s.challenge != nil && response == challengeResponse(stored, s.challenge)
		}
		return stored == password
	})
	s.challenge = nil
	if !ok {
		s.send(reply(wordTrap, req.tag, s.d.loginTrap().pairs()...))
	}
	s.send(reply(wordDone, req.tag))
	return ok
}

// loginTrap is what a failed login says.
func (d *Device) loginTrap() *TrapError {
	if d.old {
		return trapf(NoCategory, "cannot log in")
	}
	return trapf(NoCategory, "invalid user name or password (6)")
}

// newChallenge makes a challenge; it differs from call to call and from device
// to device, and is no secret.
func (d *Device) newChallenge() []byte {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	d.w.seq++
	//nolint:gosec // Only has to differ from call to call.
	sum := md5.Sum([]byte(d.name + strconv.FormatUint(d.w.seq, 10)))
	return sum[:]
}

// challengeResponse is what a client must answer (MikroTik manual, API,
// login before 6.43).
func challengeResponse(password string, challenge []byte) string {
	h := md5.New() //nolint:gosec // The protocol of old releases.
	h.Write([]byte{0})
	h.Write([]byte(password))
	h.Write(challenge)
	return "00" + hex.EncodeToString(h.Sum(nil))
}

// logIn logs a user in if the password is right, the user and its group may
// use the API, and it comes from where it may.
func (d *Device) logIn(s *session, name string, right func(stored string) bool) bool {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	u := d.lookup("user", name)
	if u == nil || !strings.EqualFold(u.name(), name) || u.is("disabled") || !right(u.get("password")) {
		return false
	}
	group := d.target(u, "group")
	if group == nil || !admits(u.get("address"), s.peer) {
		return false
	}
	may := parsePolicy(group.get("policy"))
	if may&mayAPI == 0 {
		return false
	}
	d.lastActive++
	s.id, s.user, s.group, s.may, s.since, s.logged = d.lastActive, u.name(), group.name(), may, time.Now(), true
	d.log("system,info,account", "user "+s.user+" logged in from "+s.peerText()+" via api")
	d.w.dirty[d] = true
	d.w.settle()
	return true
}

// callerOf returns who a logged-in session is. Its policy is that of the
// moment of login, as on RouterOS.
func (d *Device) callerOf(s *session) caller {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	return caller{user: s.user, may: s.may, session: s}
}

// peerText returns where the session comes from, as /user/active prints it.
func (s *session) peerText() string {
	if !s.peer.IsValid() {
		return "127.0.0.1"
	}
	return s.peer.String()
}
