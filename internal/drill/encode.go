package drill

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"jembatan/failover/journal"
)

// Encode returns the report as JSON of at most limit bytes. If it is larger, it
// leaves out entries from the middle of the journal's extract, and counts them.
func (r *Report) Encode(limit int) ([]byte, error) {
	for out := *r; ; {
		b, err := json.Marshal(out)
		if err != nil || len(b) <= limit {
			return b, err
		}
		entries := out.Journal.Entries
		if len(entries) < 2 {
			return nil, fmt.Errorf("the report of drill %s takes %d bytes, at most %d are kept", r.ID, len(b), limit)
		}
		keep := len(entries) / 4
		out.Journal.Dropped += len(entries) - 2*keep
		out.Journal.Entries = append(entries[:keep:keep], entries[len(entries)-keep:]...)
	}
}

// Decode reads a report that Encode wrote. One of another version is an error.
func Decode(b []byte) (Report, error) {
	var r Report
	if err := json.Unmarshal(b, &r); err != nil {
		return r, fmt.Errorf("report of a drill: %w", err)
	}
	if r.Version != Version {
		return r, fmt.Errorf("report of drill %s: version %d, this program reads %d", r.ID, r.Version, Version)
	}
	return r, nil
}

// EndEntry is what the history says when a drill's report has been kept: its
// verdict, and the sum by which the report is known.
func EndEntry(r *Report, body []byte) journal.Entry {
	return journal.Entry{
		Kind: journal.KindDrill, Server: r.Left, By: r.By, Detail: fmt.Sprintf("ended %s: %s; report sha256 %x", r.ID, r.Verdict, sha256.Sum256(body)),
	}
}
