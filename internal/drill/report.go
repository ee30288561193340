package drill

import (
	"time"

	"jembatan/failover/journal"
)

// Version of the report's form. A reader of another version may refuse it.
const Version = 1

// Level says how much of a failure a drill plays; docs/drills.md has them all.
type Level string

// PlannedSwitchover is a move in order, with every server alive.
const PlannedSwitchover Level = "L1"

// An Objective is what was promised.
type Objective struct {
	RTO time.Duration `json:"rto"` // the longest time without service
	RPO time.Duration `json:"rpo"` // zero: no transaction may be lost
}

// A Report is one drill. It is plain data: durations are nanoseconds, times UTC.
type Report struct {
	Version   int           `json:"version"`
	ID        string        `json:"id"`
	Service   string        `json:"service"`
	Level     Level         `json:"level"`
	By        string        `json:"by,omitempty"` // who asked for it
	From      string        `json:"from"`
	To        string        `json:"to"`
	Left      string        `json:"left"` // the server that was active at the end; empty: not known
	Began     time.Time     `json:"began"`
	Ended     time.Time     `json:"ended"`
	Stay      time.Duration `json:"stay"` // between the legs, as asked for
	Objective Objective     `json:"objective"`

	Verdict  Verdict   `json:"verdict"`
	Findings []Finding `json:"findings"`
	Measured Measured  `json:"measured"`

	Before DataCheck `json:"before"` // of the data, before the first leg
	Legs   []Leg     `json:"legs"`   // there and back; fewer when it was stopped
	Client Client    `json:"client"`
	Alerts []Alert   `json:"alerts"`
	Manual []string  `json:"manual"` // what people did meanwhile
	Trend  Trend     `json:"trend"`

	Versions Versions `json:"versions"`
	Journal  Extract  `json:"journal"`
}

// Measured is what came out against the objective.
type Measured struct {
	// RTO is the longest outage that a client saw in any leg; nil: no client looked.
	RTO *time.Duration `json:"rto"`
	// Lost counts transactions that the old server of a leg held and the new one
	// did not; nil: it could not be proven.
	Lost *uint64 `json:"lost_transactions"`
}

// A Leg is one move of the drill and what was seen of it.
type Leg struct {
	Move    Move      `json:"move"`
	Refused int       `json:"refused,omitempty"` // times that the gate said no before
	Waited  string    `json:"waited,omitempty"`  // for what, if it did
	Paths   []Path    `json:"paths"`             // what clients got, from the command on
	Before  DataCheck `json:"before,omitzero"`   // of the way back; of the first leg it is the report's
	After   DataCheck `json:"after"`
	// Resync is how long after the move the old server was in sync again; nil:
	// not within the limit, or there is no database.
	Resync *time.Duration `json:"resync"`
}

// A Client says how the client's view was taken.
type Client struct {
	Host    string        `json:"host,omitempty"` // where it ran: the controller
	Every   time.Duration `json:"every"`          // between two requests to one address
	Timeout time.Duration `json:"timeout"`
	Good    int           `json:"good"`  // good ones in a row that end an outage
	Paths   []Path        `json:"paths"` // over the whole drill
}

// An Alert is one that people were told, or its delivery.
type Alert struct {
	At        time.Time     `json:"at"`
	Reason    string        `json:"reason"`
	Server    string        `json:"server,omitempty"`
	Detail    string        `json:"detail,omitempty"`
	Delivery  bool          `json:"delivery,omitempty"`
	Delivered bool          `json:"delivered,omitempty"`
	ID        string        `json:"-"` // of a delivery: the alert and to whom
	Took      time.Duration `json:"took,omitempty"`
}

// Versions of what took part, as far as known.
type Versions struct {
	Controller string            `json:"controller"`
	Engine     string            `json:"engine,omitempty"`
	Databases  map[string]string `json:"databases,omitempty"` // by server
	Routers    map[string]string `json:"routers,omitempty"`   // RouterOS, by router
}

// An Extract is the part of the service's history that the drill is in, from
// its first entry to the last one before the report was written.
type Extract struct {
	First    uint64          `json:"first"`
	Last     uint64          `json:"last"`
	Verified bool            `json:"verified"`          // the whole chain of hashes between them
	Problem  string          `json:"problem,omitempty"` // why not
	Dropped  int             `json:"dropped,omitempty"` // entries in the middle that are not here for their number
	Entries  []journal.Entry `json:"entries"`
}
