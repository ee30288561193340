package rehearsal

import (
	"time"

	"jembatan/failover"
	"jembatan/internal/drill"
	"jembatan/internal/load"
)

// A Result is what came of one rehearsal.
type Result struct {
	Scenario string        `json:"scenario"`
	Variant  string        `json:"variant"`
	Run      int           `json:"run"`
	At       time.Time     `json:"at"`              // the moment that everything is counted from: the fault, or the command
	Build    string        `json:"build,omitempty"` // the program's commit
	Machine  string        `json:"machine"`
	Took     time.Duration `json:"took"` // the whole rehearsal, its lab included
	Busy     float64       `json:"busy"` // the part of the machine's processors that was used meanwhile, by whomever

	Pages map[string]Use `json:"pages"` // HTTP, by the way in which clients came
	Rows  map[string]Use `json:"rows"`  // SQL
	// PageGap and RowGap are the worst of the ways that the scenario looks at; zero
	// where it looks at none.
	PageGap Gap `json:"page_gap"`
	RowGap  Gap `json:"row_gap"`
	// Rivals are what others did about the same fault: other means on the same
	// servers.
	Rivals map[string]Use `json:"rivals,omitempty"`
	// Parts are those of the first move after At. Detect counts from At.
	Parts drill.Parts `json:"parts"`

	Started  int `json:"started"`  // moves, over the whole rehearsal
	Switched int `json:"switched"` // of these, those that were carried through
	Early    int `json:"early"`    // of these, those that began before anything was done to it
	False    int `json:"false"`    // switches more than there should have been, or too early

	Acked int `json:"acked"` // rows that were acknowledged to clients
	Lost  int `json:"lost"`  // of these, those that the server lacks that is active at the end
	// Missing are the first of the lost ones.
	Missing []load.Record `json:"missing,omitempty"`

	// Two are times in which two servers took writes at once as clients can reach
	// them, through public addresses. Own are those in which one of the two did so
	// only for hosts of the segment, which come by without a router.
	Two []Overlap `json:"two,omitempty"`
	Own []Overlap `json:"own,omitempty"`

	Active string            `json:"active"`
	Phase  failover.Phase    `json:"phase"`
	Reason failover.Reason   `json:"reason,omitempty"`
	Alerts []failover.Reason `json:"alerts"` // each once
	Starts int               `json:"starts"` // of the controller
	// Broken are the expectations that were not met; History is there with them.
	Broken  []string `json:"broken,omitempty"`
	History []string `json:"history,omitempty"`
}
