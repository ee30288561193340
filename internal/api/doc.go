// Package api is how commands talk to the running controller: HTTP with JSON
// over a Unix socket. The socket's permissions say who may; who asked is what the
// kernel says of the other end. docs/reference/api.md is generated from Routes.
package api
