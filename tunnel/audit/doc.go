// Package audit compares the two ends of every tunnel, and what stands around
// them, and says what is wrong.
//
// It is pure: [Run] takes what was read of every router, live or from a saved
// export, as rows, and returns a [Report]. Rules are data: see [Rules]. What
// could not be read is unknown, never well. Secrets are compared as seals (see
// [Sealer]) and never part of a report.
package audit
