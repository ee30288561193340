// Package watch senses one service: it probes the servers from every vantage,
// reads and judges the replication of their databases, writes the token, tries
// test writes on standbys, and hands what it sees to a Sink. It decides nothing
// and moves nothing.
//
// Nothing waits for the slowest. A router that cannot be reached makes its
// vantage fall silent, which is no failure of a server. A database that hangs
// is left out of a round, and delays neither the probes nor the others.
//
// What it writes: the token, on the active server and only while this process
// leads, by an account that a fenced server refuses; and on standbys a row that
// is rolled back.
package watch
