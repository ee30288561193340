// Package failover decides which server of a service is active.
//
// A [Machine] is pure: it does no I/O, starts no goroutine, never blocks, never
// fails and never reads a clock. Feed it events with [Machine.Step]; it returns
// the actions that the caller must carry out. [Machine.State] is all that it
// knows that cannot be asked again, for the journal: write it durably before
// the actions of a step are begun, and the outcome of an action as an event
// after it. A machine made from such a state goes on where it was.
//
// What may never happen is I1 to I12 in DESIGN.md, which says where each is held
// and what attacks it.
package failover
