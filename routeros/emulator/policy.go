package emulator

import "strings"

// A policy is a set of permissions of a user group.
type policy uint32

// The permissions (MikroTik manual, User). MayWrite and so on are what a
// command asks for.
const (
	mayLocal policy = 1 << iota
	mayTelnet
	maySSH
	mayFTP
	mayReboot
	mayRead
	mayWrite
	mayPolicy
	mayTest
	mayWinbox
	mayPassword
	mayWeb
	maySniff
	maySensitive
	mayAPI
	mayRomon
	mayREST
	mayAll = mayREST<<1 - 1
)

// policyNames returns the names in the order in which RouterOS prints them; a
// name's index is its bit.
func policyNames() []string {
	return []string{
		"local", "telnet", "ssh", "ftp", "reboot", "read", "write", "policy", "test", "winbox",
		"password", "web", "sniff", "sensitive", "api", "romon", "rest-api",
	}
}

// parsePolicy reads a stored comma list of names.
func parsePolicy(v string) policy {
	var set policy
	names := policyNames()
	for x := range strings.SplitSeq(v, ",") {
		for i, n := range names {
			if x == n {
				set |= 1 << i
			}
		}
	}
	return set
}

// groupPolicy is the policy of a group: printed with what it lacks after "!".
func groupPolicy() kind {
	k := flags(policyNames()...)
	k.show = func(d *Device, v string) string {
		has := parsePolicy(v)
		out := make([]string, 0, 17)
		if v != "" {
			out = append(out, v)
		}
		for i, n := range policyNames() {
			if has&(1<<i) == 0 && (n != "rest-api" || d.version.AtLeast(7, 1)) {
				out = append(out, "!"+n)
			}
		}
		return strings.Join(out, ",")
	}
	return k
}

// A caller is who gives a command: a user's session, or the console of Do.
type caller struct {
	user    string
	may     policy
	session *session // Nil for Do.
}

// console is the caller of Do: somebody at the device itself.
func console() caller { return caller{user: "admin", may: mayAll} }

// scriptPolicyDefault is what a script or a scheduler entry gets without
// "policy" (defaults of 6.49.10 to 7.24).
const scriptPolicyDefault = "ftp,reboot,read,write,policy,test,password,sniff,sensitive,romon"
