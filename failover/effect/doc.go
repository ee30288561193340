// Package effect carries out what package failover asks for: it turns one action
// into calls of the actuators of routers and databases, and their reports into
// one outcome.
//
// Every effect may be repeated, and none is called done that was not proven. A
// refusal because of a higher epoch is failover.StaleEpoch, whoever saw it. It
// also renews the lease of the server that may write, and of no other.
package effect
