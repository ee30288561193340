// Package proto is the sentence layer of the RouterOS API: words, sentences
// and the limits that keep a stranger's bytes from becoming our memory.
//
// A connection carries sentences in both directions. A sentence is a run of
// words ended by a word of length zero; a word is a length prefix of one to
// five bytes in network byte order, followed by that many bytes. Words are byte
// strings: RouterOS declares no charset, so nothing here looks at UTF-8.
//
// Source: MikroTik manual, "API", protocol section. The client package
// (routeros) and the emulator (routeros/emulator) share this package and
// nothing else.
package proto

import "errors"

// Limits bound what a Reader accepts from its peer. A length is checked before
// a byte of it is read or memory for it is taken.
type Limits struct {
	// Word is the longest accepted word in bytes. Zero means DefaultLimits.Word.
	Word int
	// Sentence is the longest accepted sentence in bytes, prefixes not counted.
	// Zero means DefaultLimits.Sentence.
	Sentence int
	// Words is the most words that a sentence may have. Zero means
	// DefaultLimits.Words.
	Words int
}

// DefaultLimits returns the limits for a peer that has logged in. A script or
// file property may reach 64 KiB on the wire (MikroTik manual, scripting); the
// limits leave room for several of them in one row.
func DefaultLimits() Limits {
	return Limits{Word: 1 << 20, Sentence: 4 << 20, Words: 4096}
}

// LoginLimits returns the limits for a peer that nobody has vouched for yet.
// The longest honest sentence before login is a name, a password and a
// challenge.
func LoginLimits() Limits {
	return Limits{Word: 1 << 10, Sentence: 4 << 10, Words: 32}
}

// withDefaults fills zero fields.
func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	if l.Word <= 0 {
		l.Word = d.Word
	}
	if l.Sentence <= 0 {
		l.Sentence = d.Sentence
	}
	if l.Words <= 0 {
		l.Words = d.Words
	}
	return l
}

// Errors of a Reader. None can be recovered from: after one of them the
// position in the stream is lost and the connection must be closed.
var (
	// ErrControlByte is a length prefix of 0xF8 or above, which the protocol
	// reserves and nobody uses.
	ErrControlByte = errors.New("proto: reserved control byte in a length prefix")
	// ErrWordTooLong is a word above Limits.Word.
	ErrWordTooLong = errors.New("proto: word too long")
	// ErrSentenceTooLong is a sentence above Limits.Sentence.
	ErrSentenceTooLong = errors.New("proto: sentence too long")
	// ErrTooManyWords is a sentence above Limits.Words.
	ErrTooManyWords = errors.New("proto: too many words in a sentence")
)
