// Package wire is the data plane of EoIP: one raw socket of protocol 47 for each
// network namespace, any number of tunnels on it by (source, tunnel id), and
// ports, the ends that a bridge sees: TAP devices, or packet sockets on one end
// of a veth pair where TAP is not allowed.
//
// It moves many frames for each system call: the kernel hands over and takes
// super-frames of up to 64 KB (IFF_VNET_HDR), which are cut and joined here,
// and sendmmsg and recvmmsg carry the packets of a batch. What is on the wire is
// the same as with one frame for each call.
//
// Open, OpenTAP and OpenPacket have to be called on a thread that is inside the
// namespace; what they return works from anywhere.
package wire
