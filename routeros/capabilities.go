package routeros

// Capabilities are what a release can do that others cannot. Sources: the
// command trees and changelogs of the releases named.
type Capabilities struct {
	SafeMode           bool // /safe-mode over the API: 7.18
	EmptyReply         bool // !empty for a command without rows: 7.18
	ExecuteAsString    bool // /execute waits and returns text: 7.1, RouterOS 6 refuses it
	FileRead           bool // /file/read: 7.13
	ImportDryRun       bool // /import dry-run: 7.16
	OnError            bool // :onerror in scripts: 7.13
	ISODates           bool // dates as 2024-10-10: 7.10
	GroupAuthority     bool // VRRP group-authority, before that group-master: 7.10
	NetwatchTypes      bool // netwatch type other than simple: 7.1
	ConnectionListen   bool // /ip/firewall/connection/listen: until 7.21
	ConnectionPorts    bool // connection rows with separate port fields: 7.20
	PingProplist       bool // .proplist of /ping: 7.15
	MonitorProplist    bool // .proplist of monitor commands: 7.19
	VRRPConnectionMode bool // VRRP connection-tracking-mode: 7.20
}

// Capabilities returns what the release can do. An unknown version can do
// nothing special.
func (v Version) Capabilities() Capabilities {
	return Capabilities{
		SafeMode:           v.AtLeast(7, 18),
		EmptyReply:         v.AtLeast(7, 18),
		ExecuteAsString:    v.AtLeast(7, 1),
		FileRead:           v.AtLeast(7, 13),
		ImportDryRun:       v.AtLeast(7, 16),
		OnError:            v.AtLeast(7, 13),
		ISODates:           v.AtLeast(7, 10),
		GroupAuthority:     v.AtLeast(7, 10),
		NetwatchTypes:      v.AtLeast(7, 1),
		ConnectionListen:   !v.IsZero() && !v.AtLeast(7, 22),
		ConnectionPorts:    v.AtLeast(7, 20),
		PingProplist:       v.AtLeast(7, 15),
		MonitorProplist:    v.AtLeast(7, 19),
		VRRPConnectionMode: v.AtLeast(7, 20),
	}
}
