// Package journal keeps the state of services and what happened to them, on the
// store that also says who leads, so that one transaction both writes and proves
// that the writer leads.
//
// # Guarantees
//
//   - When [Journal.Save] returns without an error, state and entries are on
//     disk, all of them, and [Journal.Load] finds that state or a later one.
//   - After an error that is not [lease.ErrNotLeading], they may be there
//     wholly, or not at all, and nothing between. They may also come to be there
//     a little later, but never once another Save of the service has succeeded.
//   - Who has been replaced as leader changes nothing.
//   - What was damaged is never read as if it were true: an error names its key.
//   - An entry's hash covers the entry before it. An extract proves that nothing
//     in it was changed, added or left out; that its end is the end only the
//     store can say.
package journal
