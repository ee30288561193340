// Package lab makes a topology real on one Linux machine: every router is an
// emulated RouterOS device in a network namespace of its own, whose API answers
// and whose configuration is carried out as addresses, routes, bridges, bonds,
// tunnels and rules of the kernel; servers, clients and the wires between them
// have namespaces too. What is written through the API changes where packets go.
//
// Start runs it as one process tree in namespaces of its own (user, mount, pid,
// network), which the kernel ends with the caller, however that ends. Inside,
// Stage is the entry; programs and tests that call Start have to call Stage first.
//
// What RouterOS has and the lab has not is listed by Status, never pretended.
// docs/lab.md tells how true it is, part by part.
package lab
