package packet

import (
	"encoding/binary"
	"math/bits"
)

// sum adds b to an Internet checksum (RFC 1071) that is not folded yet. Odd
// lengths count as padded with a zero byte.
func sum(b []byte, acc uint64) uint64 {
	var carry uint64
	for len(b) >= 64 {
		acc, carry = bits.Add64(acc, binary.BigEndian.Uint64(b), 0)
		acc, carry = bits.Add64(acc, binary.BigEndian.Uint64(b[8:]), carry)
		acc, carry = bits.Add64(acc, binary.BigEndian.Uint64(b[16:]), carry)
		acc, carry = bits.Add64(acc, binary.BigEndian.Uint64(b[24:]), carry)
		acc, carry = bits.Add64(acc, binary.BigEndian.Uint64(b[32:]), carry)
		acc, carry = bits.Add64(acc, binary.BigEndian.Uint64(b[40:]), carry)
		acc, carry = bits.Add64(acc, binary.BigEndian.Uint64(b[48:]), carry)
		acc, carry = bits.Add64(acc, binary.BigEndian.Uint64(b[56:64]), carry)
		acc += carry
		b = b[64:]
	}
	for len(b) >= 8 {
		acc, carry = bits.Add64(acc, binary.BigEndian.Uint64(b), 0)
		acc += carry
		b = b[8:]
	}
	var rest [8]byte
	if len(b) > 0 {
		copy(rest[:], b)
		acc, carry = bits.Add64(acc, binary.BigEndian.Uint64(rest[:]), 0)
		acc += carry
	}
	return acc
}

// fold makes 16 bits of a sum.
func fold(acc uint64) uint16 {
	acc = acc>>32 + acc&0xffffffff
	acc = acc>>32 + acc&0xffffffff
	acc = acc>>16 + acc&0xffff
	acc = acc>>16 + acc&0xffff
	return uint16(acc)
}

// Checksum returns the Internet checksum of b, ready for a header whose checksum
// field in b is zero.
func Checksum(b []byte) uint16 { return ^fold(sum(b, 0)) }

// pseudo4 is the sum of an IPv4 pseudo-header; src and dst are 4 bytes each.
func pseudo4(src, dst []byte, protocol byte, length int) uint64 {
	return uint64(binary.BigEndian.Uint32(src)) + uint64(binary.BigEndian.Uint32(dst)) + uint64(protocol) + uint64(length)
}

// pseudo6 is the sum of an IPv6 pseudo-header; src and dst are 16 bytes each.
func pseudo6(src, dst []byte, protocol byte, length int) uint64 {
	return sum(src, sum(dst, uint64(protocol)+uint64(length)))
}
