package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"jembatan/failover"
)

// seal makes an entry the one after prev: as it will be read back, with its
// hash. It returns its bytes too.
func seal(e Entry, prev string) (Entry, []byte, error) {
	e.At, e.Prev, e.Hash = e.At.UTC(), prev, ""
	e.Detail = cut(e.Detail)
	if e.Action != nil {
		a := *e.Action
		a.Detail = cut(a.Detail)
		e.Action = &a
	}
	if e.Outcome != nil {
		o := *e.Outcome
		o.Detail = cut(o.Detail)
		e.Outcome = &o
	}
	body, err := json.Marshal(e)
	if err != nil {
		return e, nil, err
	}
	var back Entry // for what JSON changes: bytes that are no text
	if err := strict(body, &back); err != nil {
		return e, nil, err
	}
	if back.Hash, err = hash(back); err != nil {
		return e, nil, err
	}
	if body, err = json.Marshal(back); err != nil {
		return e, nil, err
	}
	if len(body) > MaxEntry {
		return e, nil, fmt.Errorf("%w: an entry of %d bytes, at most %d", ErrTooLarge, len(body), MaxEntry)
	}
	return back, body, nil
}

// hash is over the entry without its hash.
func hash(e Entry) (string, error) {
	e.Hash = ""
	body, err := json.Marshal(e)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:]), nil
}

// cut shortens a text for people to MaxDetail bytes, at a rune.
func cut(s string) string {
	if len(s) <= MaxDetail {
		return s
	}
	const mark = " … (cut)"
	n := MaxDetail - len(mark)
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + mark
}

// Verify checks entries of one service, in order or in the opposite one: that
// none was changed and that none between the first and the last is missing.
// Nil is returned for no entries.
func Verify(entries []Entry) error {
	in := entries
	if n := len(in); n > 1 && in[0].Seq > in[n-1].Seq {
		in = slices.Clone(in)
		slices.Reverse(in)
	}
	var before Entry
	for i, e := range in {
		want, err := hash(e)
		switch {
		case err != nil:
			return fmt.Errorf("verify entry %d: %w", e.Seq, err)
		case e.Hash != want:
			return fmt.Errorf("verify entry %d: it was changed", e.Seq)
		case e.Seq == 0 || (e.Seq == 1) != (e.Prev == ""):
			return fmt.Errorf("verify entry %d: only the first has nothing before it", e.Seq)
		case i == 0:
		case before.Service != e.Service:
			return fmt.Errorf("verify entry %d: it is of service %q, not %q", e.Seq, e.Service, before.Service)
		case before.Seq+1 != e.Seq:
			return fmt.Errorf("verify entry %d: it is not next to entry %d", e.Seq, before.Seq)
		case e.Prev != before.Hash:
			return fmt.Errorf("verify entry %d: it does not follow this entry %d", e.Seq, before.Seq)
		}
		before = e
	}
	return nil
}

// strict decodes JSON of exactly one value that has no unknown fields: what a
// newer program knew must not be dropped by an older one.
func strict(body []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one value")
	}
	return nil
}

// checkedState encodes a state and makes sure that it can be read back.
func checkedState(s failover.State) ([]byte, error) {
	body, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	if len(body) > MaxState {
		return nil, fmt.Errorf("%w: a state of %d bytes, at most %d", ErrTooLarge, len(body), MaxState)
	}
	var back failover.State
	if err := strict(body, &back); err != nil {
		return nil, fmt.Errorf("the state could not be read back: %w", err)
	}
	return body, nil
}
