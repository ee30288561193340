package proto

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// readBuffer is the size of a Reader's buffer: small, because a fleet holds
// thousands of connections that say nothing for hours.
const readBuffer = 4 << 10

// A Reader reads sentences from a byte stream. It is not safe for concurrent
// use.
type Reader struct {
	r      *bufio.Reader
	limits Limits
}

// NewReader returns a Reader of r. Zero fields of limits take their defaults.
// The Reader may read ahead of the sentence that it returns.
func NewReader(r io.Reader, limits Limits) *Reader {
	return &Reader{r: bufio.NewReaderSize(r, readBuffer), limits: limits.withDefaults()}
}

// SetLimits replaces the limits, from the next sentence on: a peer that has
// logged in may say more than a stranger.
func (r *Reader) SetLimits(limits Limits) { r.limits = limits.withDefaults() }

// Buffered reports how many bytes have been read from the stream and not yet
// returned.
func (r *Reader) Buffered() int { return r.r.Buffered() }

// Wait returns when at least one byte can be read without blocking. It takes
// nothing from the stream, so that after an error that passes (a deadline)
// Wait or Read may be called again. Between sentences it tells a silent peer
// from one that fell silent inside a sentence.
func (r *Reader) Wait() error {
	_, err := r.r.Peek(1)
	return err
}

// Read reads the next sentence into s, replacing what s held. An empty
// sentence is skipped, as RouterOS does. It returns io.EOF only at the end of
// a whole sentence, io.ErrUnexpectedEOF inside one, and wraps ErrControlByte,
// ErrWordTooLong, ErrSentenceTooLong and ErrTooManyWords.
func (r *Reader) Read(s *Sentence) error {
	s.Reset()
	for {
		n, err := r.length(s.Len() == 0)
		if err != nil {
			return err
		}
		if n == 0 {
			if s.Len() == 0 {
				continue
			}
			return nil
		}
		if s.Len() >= r.limits.Words {
			return fmt.Errorf("%w: more than %d", ErrTooManyWords, r.limits.Words)
		}
		if n > int64(r.limits.Word) {
			return fmt.Errorf("%w: %d bytes announced, limit %d", ErrWordTooLong, n, r.limits.Word)
		}
		if int64(s.Size())+n > int64(r.limits.Sentence) {
			return fmt.Errorf("%w: limit %d bytes", ErrSentenceTooLong, r.limits.Sentence)
		}
		if err := s.fill(r.r, int(n)); err != nil {
			return noEOF(err)
		}
	}
}

// length reads one length prefix. At the start of a sentence a clean end of
// the stream is io.EOF.
func (r *Reader) length(start bool) (int64, error) {
	first, err := r.r.ReadByte()
	if err != nil {
		if start {
			return 0, err
		}
		return 0, noEOF(err)
	}
	size := prefixSize(first)
	if size == 0 {
		return 0, fmt.Errorf("%w: 0x%02X", ErrControlByte, first)
	}
	var p [maxPrefix]byte
	p[0] = first
	for i := 1; i < size; i++ {
		if p[i], err = r.r.ReadByte(); err != nil {
			return 0, noEOF(err)
		}
	}
	return decodeLength(p[:size]), nil
}

// noEOF turns an end of stream inside a sentence into what it is.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
