package routeros

import (
	"errors"
	"fmt"
	"strconv"

	"jembatan/routeros/proto"
)

// The reply words. Source: MikroTik manual, "API"; !empty from RouterOS 7.18.
const (
	replyRow   = "!re"
	replyDone  = "!done"
	replyTrap  = "!trap"
	replyEmpty = "!empty"
	replyFatal = "!fatal"
)

// tagOf returns the tag of a reply. Ok is false if it has none or one that we
// cannot have sent.
func tagOf(s *proto.Sentence) (tag uint64, ok bool) {
	for i := 1; i < s.Len(); i++ {
		w := s.Word(i)
		if len(w) <= len(tagWord) || string(w[:len(tagWord)]) != tagWord {
			continue
		}
		digits := w[len(tagWord):]
		if len(digits) > 19 || digits[0] == '0' {
			return 0, false
		}
		for _, d := range digits {
			if d < '0' || d > '9' {
				return 0, false
			}
			tag = tag*10 + uint64(d-'0')
		}
		return tag, true
	}
	return 0, false
}

// fatalReason returns why the device ends the session: a bare word, or in some
// releases a message attribute.
func fatalReason(s *proto.Sentence) string {
	reason := ""
	for i := 1; i < s.Len(); i++ {
		w := s.Word(i)
		name, value, ok := attribute(w)
		switch {
		case ok && string(name) == "message":
			return clip(string(value))
		case w[0] != '=' && w[0] != '.' && reason == "":
			reason = clip(string(w))
		}
	}
	return reason
}

// trapOf reads a trap.
func trapOf(s *proto.Sentence) Trap {
	var t Trap
	for i := 1; i < s.Len(); i++ {
		name, value, ok := attribute(s.Word(i))
		if !ok {
			continue
		}
		switch string(name) {
		case "message":
			t.Message = clip(string(value))
		case "category":
			t.Category = parseCategory(string(value))
		}
	}
	return t
}

// newTrapError makes the error of a command that was answered with traps, of
// which there is at least one. Device texts may quote arguments, so secrets
// are taken out.
func newTrapError(path string, traps []Trap, secrets []string) *TrapError {
	for i := range traps {
		traps[i].Message = scrub(traps[i].Message, secrets...)
	}
	return &TrapError{Path: path, Category: traps[0].Category, Message: traps[0].Message, All: traps}
}

// maxText is how much of a device's own words an error repeats.
const maxText = 512

// clip shortens text that a device wrote.
func clip(s string) string {
	if len(s) <= maxText {
		return s
	}
	return s[:maxText] + "… (" + strconv.Itoa(len(s)) + " bytes)"
}

// readError marks the errors of the sentence layer as a violated protocol.
func readError(err error) error {
	for _, broken := range []error{proto.ErrControlByte, proto.ErrWordTooLong, proto.ErrSentenceTooLong, proto.ErrTooManyWords} {
		if errors.Is(err, broken) {
			return fmt.Errorf("%w: %w", ErrProtocol, err)
		}
	}
	return err
}
