// Package rehearsal measures failover in the lab. One rehearsal is a lab of its
// own with the controller serving inside it, clients that use the service all the
// time, a checker that tries every database every few milliseconds, and steps: a
// fault at a stated moment, and what follows. What came of it is a Result, plain
// data, and each Scenario says what must have come of it.
//
// Table lists the scenarios, Run carries one out, Print shows many. Who calls Run
// has to call Stage first.
package rehearsal
