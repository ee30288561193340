// Package drill moves a service to another server and back on the real path, as
// an operator would, looks on as a client does, and writes down how it went
// against what was promised.
//
// The arithmetic is pure: Tell reads a move out of the journal, View counts what
// clients got, judge decides. Run does the moving and asking. Nothing that was
// not measured counts as good: what could not be compared is a condition of the
// verdict, and a planned move, which nobody has to detect, has no time of
// detection instead of zero.
package drill
