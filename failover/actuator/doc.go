// Package actuator holds what the switches of services have in common: what
// they are asked for and what they report, the epoch in a mark's comment, and
// the crew that goes on trying where a router does not answer.
//
// An actuator sends the whole wanted state, never a verb: Ensure may be repeated
// after any error and after a crash, Check says what is true without changing
// it. See DESIGN.md.
package actuator
