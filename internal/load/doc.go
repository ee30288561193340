// Package load is a client that uses a service all the time and writes down how
// each request went, and the arithmetic on what it wrote: how long the service
// was away, how many requests were lost, and which acknowledged rows are missing.
package load
