// Package serve is the controller: the services of a topology, each watched and
// driven by a runner, under one leadership, with the socket that commands use.
package serve
