package emulator

// ipProtocol takes an IP protocol by name or number.
func ipProtocol() kind {
	return word(num(0, 255),
		"icmp", "igmp", "ggp", "ipencap", "st", "tcp", "egp", "pup", "udp", "hmp", "xns-idp", "rdp", "iso-tp4", "dccp", "xtp", "ddp",
		"idpr-cmtp", "ipv6-encap", "ipv6-route", "ipv6-frag", "rsvp", "gre", "ipsec-esp", "ipsec-ah", "icmpv6", "ipv6-nonxt", "ipv6-opts",
		"rspf", "vmtp", "ospf", "ipip", "etherip", "encap", "pim", "vrrp", "l2tp", "sctp", "udp-lite")
}

// etherProtocol takes an EtherType by name or number.
func etherProtocol() kind {
	return word(num(0, 65535),
		"802.2", "arp", "capsman", "dot1x", "homeplug-av", "ip", "ipv6", "ipx", "lacp", "length", "lldp", "loop-protect", "macsec",
		"mpls-multicast", "mpls-unicast", "mvrp", "packing-compr", "packing-simple", "pppoe", "pppoe-discovery", "rarp", "romon",
		"service-vlan", "vlan")
}

// addressType is the type that routing gives an address.
func addressType() kind {
	return not(list(enum("unicast", "local", "broadcast", "multicast", "blackhole", "unreachable", "prohibit")))
}

// tcpFlags takes flags, each perhaps after a "!".
func tcpFlags() kind {
	return not(list(not(enum("ack", "cwr", "ece", "fin", "psh", "rst", "syn", "urg"))))
}

// helper is a connection tracking helper.
func helper() kind {
	return not(enum("ftp", "h323", "irc", "pptp", "quake3", "sip", "tftp"))
}

// p2p is a peer-to-peer protocol, which nothing detects any more.
func p2p() kind {
	return not(enum("all-p2p", "bit-torrent", "blubster", "direct-connect", "edonkey", "fasttrack", "gnutella", "soulseek", "warez", "winmx"))
}

// ipOptions is what a packet's IPv4 options must be.
func ipOptions() kind {
	return enum("any", "loose-source-routing", "no-record-route", "no-router-alert", "no-source-routing", "no-timestamp", "none",
		"record-route", "router-alert", "strict-source-routing", "timestamp")
}
