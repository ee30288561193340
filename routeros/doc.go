// Package routeros talks to a RouterOS device over its API (TCP 8728, or 8729
// inside TLS).
//
// A [Session] is one logged-in connection. Any number of goroutines call it at
// once; every call has its own context, and one that is cancelled leaves the
// others alone. On top of [Session.Call] stand
//
//   - [Print], [Create], [Update], [Delete], [Command]: rows and fields as text;
//   - [List], [Get], [Add], [Set], [Unset], [Remove], [Move]: typed resources;
//   - [Follow]: changes as they happen;
//   - [Fleet]: many named routers, dialed when needed and redialed when lost.
//
// All but Follow and Fleet ask only for a [Caller], so that a decorator can
// count, lock or log.
//
// A write whose answer never came is neither done nor refused: its error is
// [ErrOutcomeUnknown]. Nothing in this package repeats a write; [Ensure] looks
// first.
//
// The package does not log. Its errors and its String methods hide the values
// of sensitive properties; see [Sensitive].
package routeros
