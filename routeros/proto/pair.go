package proto

import "bytes"

// SplitPair splits an attribute word "=name=value" or an API attribute
// ".tag=value" into its name and value; an API attribute keeps its dot. The
// value may be empty and may contain "=". Ok is false for any other word.
func SplitPair(word []byte) (name, value []byte, ok bool) {
	if len(word) == 0 {
		return nil, nil, false
	}
	switch word[0] {
	case '=':
		word = word[1:]
	case '.':
	default:
		return nil, nil, false
	}
	if len(word) == 0 {
		return nil, nil, false
	}
	// A name may itself begin with "=" nowhere in RouterOS; the first "=" ends it.
	i := bytes.IndexByte(word, '=')
	if i < 0 {
		return word, nil, true
	}
	if i == 0 {
		return nil, nil, false
	}
	return word[:i], word[i+1:], true
}
