// Package database makes one database server refuse writes, or accept them, and
// proves it: the fence and the opening of a failover, the drain before it, the
// lease by which a server fences itself when nobody can reach it, and the rejoin
// of one that returns.
//
// Every effect has Ensure, which may be repeated, and Check, which only looks.
// The epoch of the caller is compared with the one that the server has noted,
// and a lower one is refused. See DESIGN.md for what each proof is worth.
package database
