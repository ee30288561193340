package spec

import (
	"fmt"

	"go.yaml.in/yaml/v4"

	"jembatan/tunnel"
)

func policyNode(p tunnel.Policy) *yaml.Node {
	usual, _ := tunnel.ProfilePolicy(p.Profile)
	return flow("profile", text1(p.Profile), "interval", elapsed(p.Interval, usual.Interval), "timeout", elapsed(p.Timeout, tunnel.UsualTimeout(usual, p.Interval)),
		"misses", other(p.Misses, usual.Misses), "rises", other(p.Rises, usual.Rises), "quorum", other(p.Quorum, usual.Quorum),
		"load_fails", unlike(p.LoadFails, usual.LoadFails), "automatic", unlike(p.Automatic, usual.Automatic),
		"per_hour", other(p.PerHour, usual.PerHour), "per_day", other(p.PerDay, usual.PerDay),
		"site_loss", wordNode(p.SiteLoss, usual.SiteLoss), "lease", leaseNode(p.Lease),
		"failback", wordNode(p.Failback, usual.Failback), "window", optional(p.Window), "hold", elapsed(p.Hold, usual.Hold))
}

// leaseNode is nil for none, and for the usual one.
func leaseNode(l tunnel.Lease) *yaml.Node {
	usual := tunnel.DefaultLease()
	if l == (tunnel.Lease{}) || l == usual {
		return nil
	}
	return flow("ttl", elapsed(l.TTL, usual.TTL), "margin", elapsed(l.Margin, usual.Margin))
}

func replicationNode(r *tunnel.Replication) *yaml.Node {
	tls := tlsNode(r.TLS)
	switch {
	case r.TLS.Off:
		tls = nil
	case tls == nil:
		tls = text1("system")
	}
	return flow("engine", text1(r.Engine.String()), "port", other(int(r.Port), defaultDatabasePort), "tls", tls,
		"user", text1(r.User), "password", secretNode(r.Password),
		"writer", accountNode(r, r.Writer, tunnel.WriterSuffix), "fence", accountNode(r, r.Fence, tunnel.FenceSuffix),
		"allowed_loss", elapsed(r.AllowedLoss, 0), "semi_sync", unlike(r.SemiSync, r.AllowedLoss == 0))
}

// accountNode leaves out what Parse takes from the check account; nil when that
// is all.
func accountNode(check *tunnel.Replication, a tunnel.Account, suffix string) *yaml.Node {
	var user, password *yaml.Node
	if a.User != check.User+suffix {
		user = text1(a.User)
	}
	if a.Password != check.Password {
		password = secretNode(a.Password)
	}
	if user == nil && password == nil {
		return nil
	}
	return flow("user", user, "password", password)
}

// unlike is a truth, nil when it is the usual one.
func unlike(b, usual bool) *yaml.Node {
	if b == usual {
		return nil
	}
	return boolNode(b)
}

// wordNode is a word, nil when it is the usual one.
func wordNode[T interface {
	comparable
	fmt.Stringer
}](v, usual T) *yaml.Node {
	if v == usual {
		return nil
	}
	return text1(v.String())
}
