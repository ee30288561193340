package watch

import (
	"time"

	"jembatan/health/replication"
)

// An outcome is what became of a token.
type outcome uint8

// Outcomes.
const (
	unclear   outcome = iota // nothing that speaks of the server: the path, a role, a privilege
	committed                // it is there
	refused                  // the server cannot write
	abandoned                // no answer, for longer than a path takes to show
)

// outcomeOf names what became of a token after some time.
func outcomeOf(err error, took time.Duration) outcome {
	answer := replication.TokenAnswer(err)
	switch {
	case err == nil:
		return committed
	case answer == replication.CannotWrite:
		return refused
	case answer == replication.NoReply && took >= longestRound:
		return abandoned
	}
	return unclear
}
