// Package replication says whether a database server holds what the active one
// holds, and if not, why: MariaDB 10.6 to 12 and MySQL 8.0 to 9.x, any number of
// servers, one of them writable at a time.
//
// [Read] asks one server and returns an [Observation], which may be a failure.
// [Judge] is pure: it compares the observations of one round with each other and
// with what earlier rounds left in a [History], and returns a [Report].
//
// Nothing that is missing counts as good. A NULL, a timeout, a value that this
// version does not have and a refused statement all end in [Unknown] with a
// [Reason]; none of them is ever [InSync]. The lag column of the servers is
// shown to people and decides nothing: it is NULL when a thread is stopped and
// zero while a dead link fetches nothing.
//
// See DESIGN.md for the checks one by one.
package replication
