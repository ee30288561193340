// Package notify tells people what happens to services.
//
// An Alert is what is told; Short and Mail put it into words. An Outbox keeps
// alerts on disk until every recipient has them, each channel (mail, text
// messages) trying its routes in order. A Sender is one route: Mailer, a modem of
// a router (Modems), an HTTP Gateway.
//
// # Guarantees
//
//   - Enqueue takes no longer than a lock that is never held over I/O. Whatever
//     becomes of an alert, a switch does not wait for it.
//   - An alert that is on disk reaches every recipient, or is 24 hours old, or
//     was refused for good, or was dropped because too many waited; which of
//     these is told to Options.Told. It is on disk some milliseconds after
//     Enqueue, while Run runs.
//   - A recipient gets an alert at least once. It gets it twice only when the
//     process ends, or a connection breaks, between the acceptance and the note
//     of it; both then carry the same Message-ID.
//   - A recipient gets alerts in the order of Enqueue.
//   - No secret is in an error, in an outcome or in a file.
package notify
