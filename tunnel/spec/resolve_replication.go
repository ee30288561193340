package spec

import "jembatan/tunnel"

func (r *resolver) replication(raw *rawReplication) tunnel.Replication {
	out := tunnel.Replication{
		Engine: raw.engine.value, Port: uint16(raw.port.or(defaultDatabasePort)),
		User: raw.user.value, Password: r.secret(raw.password),
		TLS:         tunnel.TLS{Off: true},
		AllowedLoss: raw.allowedLoss.value,
	}
	if raw.tls.set {
		out.TLS = r.tls(raw.tls.value)
	}
	out.SemiSync = raw.semiSync.or(out.AllowedLoss == 0)
	out.Writer = r.account(raw, &raw.writer.value, tunnel.WriterSuffix)
	out.Fence = r.account(raw, &raw.fence.value, tunnel.FenceSuffix)
	r.compareAccounts(raw, &out)
	return out
}

// compareAccounts finds two accounts with one user.
func (r *resolver) compareAccounts(raw *rawReplication, out *tunnel.Replication) {
	if !raw.user.set {
		return
	}
	writer, fence := raw.writer.value.user, raw.fence.value.user
	clash := func(at given[string], a, b, other string) {
		if at.set && a == b {
			r.problem(at.place, "the %s account has the user %s too; each proves something by what it may not do", other, quote(a))
		}
	}
	clash(writer, out.Writer.User, out.User, "check")
	clash(fence, out.Fence.User, out.User, "check")
	if fence.set {
		clash(fence, out.Fence.User, out.Writer.User, "writer")
	} else {
		clash(writer, out.Writer.User, out.Fence.User, "fence")
	}
}

// account fills in what the file leaves out of an account.
func (r *resolver) account(check *rawReplication, raw *rawAccount, suffix string) tunnel.Account {
	out := tunnel.Account{User: raw.user.or(check.user.value + suffix), Password: r.secret(raw.password)}
	if raw.password.line == 0 {
		out.Password = r.secret(check.password)
	}
	return out
}
