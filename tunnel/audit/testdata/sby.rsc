# 2026-01-10 08:00:00 by RouterOS 7.20.4
# software id = AB12-CD02
#
# model = RB5009UG+S+
# serial number = HF10000A2
/interface bridge
add name=br-servers priority=0x2000
/interface ethernet
set [ find default-name=ether1 ] comment=metro
/interface eoip
add allow-fast-path=no comment="Jakarta, metro" ipsec-secret=kD93jfLs0Qw82mZpXv7e keepalive=1s,3 \
    local-address=198.51.100.2 mac-address=00:00:5E:80:00:02 mtu=1416 name=eoip-jkt remote-address=\
    198.51.100.1 tunnel-id=101
/interface vrrp
add interface=br-servers name=vrrp1 on-master="/log info master" priority=100 vrid=50
/interface list
add name=LAN
/ip ipsec profile
set [ find default=yes ] dh-group=modp2048 enc-algorithm=aes-256 hash-algorithm=sha256
/ip ipsec proposal
set [ find default=yes ] auth-algorithms=sha256 enc-algorithms=aes-256-cbc pfs-group=modp2048
/interface bridge port
add bridge=br-servers interface=ether2
add bridge=br-servers interface=eoip-jkt
/ip neighbor discovery-settings
set discover-interface-list=LAN
/interface list member
add interface=ether2 list=LAN
/ip address
add address=198.51.100.2/24 interface=ether1 network=198.51.100.0
add address=192.168.50.3/24 interface=br-servers network=192.168.50.0
add address=192.168.50.254/32 interface=vrrp1 network=192.168.50.254
/ip dns static
add address=192.168.50.10 name=erp.lan
/ip firewall filter
add action=accept chain=input connection-state=established,related
add action=accept chain=input in-interface-list=LAN
add action=drop chain=input in-interface=ether1
/ip firewall nat
add action=dst-nat chain=dstnat comment=erp dst-port=80 in-interface=ether1 protocol=tcp to-addresses=192.168.50.10
add action=masquerade chain=srcnat out-interface=ether1
/ip service
set telnet disabled=yes
set ftp disabled=yes
set www disabled=yes
set ssh address=10.9.0.0/24
set api disabled=yes
set winbox address=10.9.0.0/24
set api-ssl address=10.9.0.5/32
/snmp
set enabled=yes
/snmp community
set [ find default=yes ] addresses=10.9.0.7/32 name=n0tTheUsualOne
/system identity
set name=sby
/system scheduler
add interval=1d name=backup on-event="/system backup save name=nightly" policy=read,write
/system script
add name=report owner=ops source="/log info \"report\""
/tool mac-server
set allowed-interface-list=LAN
