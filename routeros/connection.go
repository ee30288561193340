package routeros

import (
	"net/netip"
	"strconv"
	"time"
)

// A Connection is a row of /ip/firewall/connection, the connection tracking
// table. It can be listed and removed; a row that is gone already answers
// ErrNotFound.
type Connection struct {
	ID              string        `ros:".id,ro"`
	Protocol        string        `ros:"protocol,ro"`
	SrcAddress      string        `ros:"src-address,ro"` // before 7.20 with the port: see Endpoint
	SrcPort         string        `ros:"src-port,ro"`    // from 7.20
	DstAddress      string        `ros:"dst-address,ro"`
	DstPort         string        `ros:"dst-port,ro"`
	ReplySrcAddress string        `ros:"reply-src-address,ro"`
	ReplySrcPort    string        `ros:"reply-src-port,ro"`
	ReplyDstAddress string        `ros:"reply-dst-address,ro"`
	ReplyDstPort    string        `ros:"reply-dst-port,ro"`
	TCPState        string        `ros:"tcp-state,ro"`
	Timeout         time.Duration `ros:"timeout,ro"`
	ConnectionMark  string        `ros:"connection-mark,ro"`
	Assured         bool          `ros:"assured,ro"`
	Confirmed       bool          `ros:"confirmed,ro"`
	Dying           bool          `ros:"dying,ro"`
	Fasttrack       bool          `ros:"fasttrack,ro"`
	SeenReply       bool          `ros:"seen-reply,ro"`
	SrcNAT          bool          `ros:"srcnat,ro"`
	DstNAT          bool          `ros:"dstnat,ro"`

	Extra Row `ros:"*"`
}

// Menu implements Resource.
func (Connection) Menu() string { return "/ip/firewall/connection" }

// Endpoint joins an address and a port as a connection row has them: in two
// properties from RouterOS 7.20, in one ("10.0.0.1:80") before. A protocol
// without ports gives port zero; what is no address gives the zero AddrPort.
func Endpoint(address, port string) netip.AddrPort {
	if joined, err := netip.ParseAddrPort(address); err == nil {
		return joined
	}
	addr, err := netip.ParseAddr(address)
	if err != nil {
		return netip.AddrPort{}
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		n = 0
	}
	return netip.AddrPortFrom(addr, uint16(n))
}
