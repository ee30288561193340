package proto

// maxPrefix is the longest length prefix: 0xF0 and four bytes.
const maxPrefix = 5

// AppendLength appends the prefix of a word of n bytes to dst, in the shortest
// form. It panics on a negative n or one above 0xFFFFFFFF, which no slice that
// could be sent has.
func AppendLength(dst []byte, n int) []byte {
	switch {
	case n < 0 || int64(n) > 0xFFFFFFFF:
		panic("proto: length out of range") // A programming error: callers pass len of a slice.
	case n < 0x80:
		return append(dst, byte(n))
	case n < 0x4000:
		return append(dst, byte(n>>8)|0x80, byte(n))
	case n < 0x200000:
		return append(dst, byte(n>>16)|0xC0, byte(n>>8), byte(n))
	case n < 0x10000000:
		return append(dst, byte(n>>24)|0xE0, byte(n>>16), byte(n>>8), byte(n))
	default:
		return append(dst, 0xF0, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
}

// prefixSize reports how many bytes the prefix that begins with first takes,
// or zero for a reserved control byte.
func prefixSize(first byte) int {
	switch {
	case first < 0x80:
		return 1
	case first < 0xC0:
		return 2
	case first < 0xE0:
		return 3
	case first < 0xF0:
		return 4
	case first < 0xF8:
		return maxPrefix
	}
	return 0
}

// decodeLength decodes a whole prefix p, whose size is prefixSize(p[0]). The
// result fits 32 bits and is kept in 64, so it is never negative.
func decodeLength(p []byte) int64 {
	switch len(p) {
	case 1:
		return int64(p[0])
	case 2:
		return int64(p[0]&0x3F)<<8 | int64(p[1])
	case 3:
		return int64(p[0]&0x1F)<<16 | int64(p[1])<<8 | int64(p[2])
	case 4:
		return int64(p[0]&0x0F)<<24 | int64(p[1])<<16 | int64(p[2])<<8 | int64(p[3])
	default:
		return int64(p[1])<<24 | int64(p[2])<<16 | int64(p[3])<<8 | int64(p[4])
	}
}
