// Package probe looks at servers: by ICMP, by TCP, by HTTP and HTTPS, by a query
// that MySQL or MariaDB must finish, and through the eyes of a router.
//
// A [Prober] looks once and returns a [health.Sample], whatever happens: it has
// no error. It never tries twice, because the Detector counts. What it could not
// find out through a fault of its own has the reason [health.ProberFailed], which
// is not counted. Samples carry a reason from a closed set and no text of a
// server, a driver or a configuration, so no secret can be in them.
package probe
