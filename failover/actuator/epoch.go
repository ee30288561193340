package actuator

import (
	"strconv"
	"strings"

	"jembatan/tunnel"
)

// epochWord begins the word of a comment that carries the epoch, as in
// "jembatan:erp/dnat epoch=42".
const epochWord = "epoch="

// EpochOf returns the epoch in a row's comment. A comment without one has epoch
// 0: nobody has acted on it yet. Ok is false when the word is there and is no
// number, or is there twice: then nobody knows, and nobody may act.
func EpochOf(comment string) (epoch uint64, ok bool) {
	found := false
	for i, word := range strings.Fields(comment) {
		digits, is := strings.CutPrefix(word, epochWord)
		if !is || i == 0 {
			continue
		}
		n, err := strconv.ParseUint(digits, 10, 64)
		if err != nil || found {
			return 0, false
		}
		epoch, found = n, true
	}
	return epoch, true
}

// Stamp returns a comment with the epoch in it: behind the mark, before what
// people wrote.
func Stamp(comment string, epoch uint64) string {
	words := strings.Fields(comment)
	out := make([]string, 0, len(words)+1)
	for i, word := range words {
		if i > 0 && strings.HasPrefix(word, epochWord) {
			continue
		}
		if out = append(out, word); i == 0 {
			out = append(out, epochWord+strconv.FormatUint(epoch, 10))
		}
	}
	return strings.Join(out, " ")
}

// HasMark reports whether a comment carries that mark.
func HasMark(comment, mark string) bool {
	scope, name, ok := tunnel.ParseMark(comment)
	return ok && tunnel.Mark(scope, name) == mark
}
