// Package lease decides which controller may act, on etcd: a member in this
// process that nobody outside can reach, or a cluster that somebody else runs.
//
// A controller that is made leader gets a [Term]. Its epoch is the create
// revision of the leader's key, which only grows, over restarts too: whoever is
// told to do something refuses when it has seen a higher one. A term is held
// for as long as renewals that were sent less than the TTL ago have been
// answered, by a clock that also runs while the process or the machine sleeps.
//
// # Guarantees
//
//   - Two terms never have the same epoch, and a later one has a higher one.
//   - A [Term.Commit] that succeeds happened while the term's key was there:
//     who was replaced writes nothing.
//   - [Term.Valid] asks nobody, is false within the TTL after the last renewal
//     that was answered, and never becomes true again.
//   - Without the store nobody leads: no answer is no leadership.
//
// Two processes may both believe to lead for a moment when clocks run at rates
// that differ by more than a tenth. That is why effects carry the epoch.
package lease
