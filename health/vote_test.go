package health

import (
	"encoding/json"
	"testing"
)

// TestWords: what a status says can be read back by whoever asked for it.
func TestWords(t *testing.T) {
	for _, v := range []Vote{Undecided, Abstains, NoOpinion, ForHealthy, ForFailed} {
		text, err := json.Marshal(VantageState{Vote: v})
		var back VantageState
		if err == nil {
			err = json.Unmarshal(text, &back)
		}
		if err != nil || back.Vote != v {
			t.Errorf("%s became %s: %v", v, back.Vote, err)
		}
	}
	if err := new(Vote).UnmarshalText([]byte("Vote(9)")); err == nil {
		t.Error("a word that is no vote is read")
	}
}
