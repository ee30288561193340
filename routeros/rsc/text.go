package rsc

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// An Encoding is how the bytes of a file were read.
type Encoding uint8

// Encodings.
const (
	EncodingUnknown Encoding = iota
	UTF8
	UTF16
	Windows1251
)

// String returns the encoding's usual name.
func (e Encoding) String() string {
	switch e {
	case UTF8:
		return "UTF-8"
	case UTF16:
		return "UTF-16"
	case Windows1251:
		return "Windows-1251"
	case EncodingUnknown:
	}
	return "unknown"
}

// Decode turns the bytes of a file into text: UTF-8, UTF-16 in either order
// (with a byte order mark, or when every second byte of the beginning is zero),
// and Windows-1251 for what is neither, which is what RouterOS passes through
// when Winbox ran under a Cyrillic Windows. The error is for what is no text.
func Decode(b []byte) (string, Encoding, error) {
	b = bytes.TrimPrefix(b, []byte("\xEF\xBB\xBF"))
	switch {
	case bytes.HasPrefix(b, []byte{0xFF, 0xFE}):
		return decode16(b[2:], 0), UTF16, nil
	case bytes.HasPrefix(b, []byte{0xFE, 0xFF}):
		return decode16(b[2:], 1), UTF16, nil
	}
	const look = 4096
	head := b[:min(len(b), look)]
	if n := bytes.Count(head, []byte{0}); n > 0 {
		if zero := zeroHalf(head); zero >= 0 && n > len(head)/4 {
			return decode16(b, 1-zero), UTF16, nil
		}
		return "", EncodingUnknown, fmt.Errorf("binary, not text")
	}
	if bytes.IndexByte(b, 0) >= 0 {
		return "", EncodingUnknown, fmt.Errorf("binary, not text")
	}
	if utf8.Valid(b) {
		return string(b), UTF8, nil
	}
	return Text(string(b)), Windows1251, nil
}

// zeroHalf returns 0 or 1 when all zero bytes stand at even or odd places, else
// -1.
func zeroHalf(b []byte) int {
	half := -1
	for i, c := range b {
		if c != 0 {
			continue
		}
		if half >= 0 && half != i%2 {
			return -1
		}
		half = i % 2
	}
	return half
}

// decode16 reads UTF-16, big endian when big is 1.
func decode16(b []byte, big int) string {
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		lo, hi := b[i], b[i+1]
		if big == 1 {
			lo, hi = hi, lo
		}
		units = append(units, uint16(hi)<<8|uint16(lo))
	}
	return string(utf16.Decode(units))
}

// Text returns a value for people: as it is when it is UTF-8, else read as
// Windows-1251.
func Text(value string) string {
	if utf8.ValidString(value) {
		return value
	}
	high := []rune(windows1251)
	var b strings.Builder
	for i := range len(value) {
		if c := value[i]; c < 0x80 {
			b.WriteByte(c)
		} else {
			b.WriteRune(high[c-0x80])
		}
	}
	return b.String()
}

// windows1251 are the characters of the bytes 0x80 to 0xFF.
const windows1251 = "ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—\u0098™љ›њќћџ\u00a0ЎўЈ¤Ґ¦§Ё©Є«¬\u00ad®Ї°±Ііґµ¶·ё№є»јЅѕї" +
	"АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюя"
