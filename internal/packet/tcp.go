package packet

import "encoding/binary"

// TCP flags that matter here.
const (
	flagFIN = 1 << iota
	flagSYN
	flagRST
	flagPSH
	flagACK
	flagURG
	flagECE
	flagCWR
)

const (
	etherIPv4   = 0x0800
	etherIPv6   = 0x86dd
	etherARP    = 0x0806
	protocolTCP = 6
)

// A tcpFrame says where the parts of a frame with TCP in it are.
type tcpFrame struct {
	v6           bool
	ip, tcp, end int // offsets: IP header, TCP header, end of the IP packet
	payload      int // offset of the payload
}

// locateTCP finds TCP over IPv4 or IPv6 without tags, fragments or IPv6
// extension headers in an Ethernet frame.
func locateTCP(f []byte) (t tcpFrame, ok bool) {
	if len(f) < 14+20+20 {
		return t, false
	}
	t.ip = 14
	switch binary.BigEndian.Uint16(f[12:]) {
	case etherIPv4:
		ihl := int(f[14]&0xf) * 4
		if f[14]>>4 != 4 || ihl < 20 || f[23] != protocolTCP || binary.BigEndian.Uint16(f[20:])&0x3fff != 0 {
			return t, false
		}
		t.tcp, t.end = 14+ihl, 14+int(binary.BigEndian.Uint16(f[16:]))
	case etherIPv6:
		if len(f) < 14+40+20 || f[14]>>4 != 6 || f[20] != protocolTCP {
			return t, false
		}
		t.v6, t.tcp, t.end = true, 14+40, 14+40+int(binary.BigEndian.Uint16(f[18:]))
	default:
		return t, false
	}
	if t.end > len(f) || t.tcp+20 > t.end {
		return t, false
	}
	t.payload = t.tcp + int(f[t.tcp+12]>>4)*4
	return t, t.payload >= t.tcp+20 && t.payload <= t.end
}

// pseudo is the sum of the pseudo-header for n bytes of TCP.
func (t tcpFrame) pseudo(f []byte, n int) uint64 {
	if t.v6 {
		return pseudo6(f[22:38], f[38:54], protocolTCP, n)
	}
	return pseudo4(f[26:30], f[30:34], protocolTCP, n)
}

// setLength makes the IP header fit an IP packet that ends at end.
func (t tcpFrame) setLength(f []byte, end int) {
	if t.v6 {
		binary.BigEndian.PutUint16(f[18:], uint16(end-t.tcp))
		return
	}
	binary.BigEndian.PutUint16(f[16:], uint16(end-t.ip))
	binary.BigEndian.PutUint16(f[24:], 0)
	binary.BigEndian.PutUint16(f[24:], Checksum(f[t.ip:t.tcp]))
}

// ClampMSS lowers the MSS option of a TCP SYN to what an interface of that MTU
// carries, and reports whether it did. It never raises it.
func ClampMSS(frame []byte, mtu int) bool {
	t, ok := locateTCP(frame)
	if !ok || frame[t.tcp+13]&flagSYN == 0 {
		return false
	}
	most := mtu - 40
	if t.v6 {
		most = mtu - 60
	}
	if most < 1 {
		return false
	}
	for o := frame[t.tcp+20 : t.payload]; len(o) > 1 && o[0] != 0; {
		if o[0] == 1 {
			o = o[1:]
			continue
		}
		n := int(o[1])
		if n < 2 || n > len(o) {
			return false
		}
		if o[0] == 2 && n == 4 {
			if int(binary.BigEndian.Uint16(o[2:])) <= most {
				return false
			}
			binary.BigEndian.PutUint16(o[2:], uint16(most))
			binary.BigEndian.PutUint16(frame[t.tcp+16:], 0)
			c := ^fold(sum(frame[t.tcp:t.end], t.pseudo(frame, t.end-t.tcp)))
			binary.BigEndian.PutUint16(frame[t.tcp+16:], c)
			return true
		}
		o = o[n:]
	}
	return false
}

// InnerIPv4 returns the type of service and the DF bit of the IPv4 packet in a
// frame; zero and false for other frames.
func InnerIPv4(frame []byte) (tos byte, df bool) {
	if len(frame) < 34 || binary.BigEndian.Uint16(frame[12:]) != etherIPv4 {
		return 0, false
	}
	return frame[15], frame[20]&0x40 != 0
}
