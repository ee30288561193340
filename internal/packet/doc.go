// Package packet is the bytes of the wire: EoIP as RouterOS speaks it, VRRP
// versions 2 and 3, gratuitous ARP, and what a tunnel does to the frames that it
// carries (segmentation, coalescing, the MSS clamp). It opens no socket and asks
// no clock: internal/packet/wire does that.
//
// Decoders check every length before they read and allocate nothing that a
// packet asks for. What they return aliases the input.
package packet
