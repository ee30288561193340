# 2026-03-01 07:45:12 by RouterOS 7.20.8
# system id = aBcDeFgHiJk
#
/interface bridge
add admin-mac=02:00:5E:10:20:30 auto-mac=no comment="jembatan:servers/bridge" \
    name=br-servers protocol-mode=none
/interface ethernet
set [ find default-name=ether1 ] disable-running-check=no
set [ find default-name=ether2 ] disable-running-check=no mtu=1450
/interface eoip
add comment="jembatan:servers/sby.metro jkt \E2\86\92 sby" mac-address=\
    FE:10:00:00:00:01 mtu=1500 name=eoip-sby-metro remote-address=\
    sby.example.net tunnel-id=0
add disabled=yes mac-address=FE:10:00:00:00:02 name=eoip-sby-lte \
    remote-address=203.0.113.2 tunnel-id=1
/interface bonding
add mode=active-backup name=bond-sby primary=eoip-sby-metro slaves=\
    eoip-sby-metro,eoip-sby-lte
/interface vrrp
add interface=br-servers name=vrrp-two vrid=52
# interface not running
add group-authority=vrrp-two interface=br-servers name=vrrp-one vrid=51
/interface list
add name=WAN
/interface bridge port
add bridge=br-servers interface=ether5
add bridge=br-servers horizon=1 interface=bond-sby
/interface list member
add interface=ether1 list=WAN
/ip address
add address=198.51.100.1/24 interface=ether1 network=198.51.100.0
/ip firewall filter
add action=accept chain=input comment="established, related" \
    connection-state=established,related
add action=drop chain=input in-interface-list=WAN log=yes log-prefix="drop \?"
/ip route
add dst-address=0.0.0.0/0 gateway=198.51.100.254
/system identity
set name="HQ Jakarta"
/tool netwatch
add comment="jembatan:erp/main" disabled=no host=192.168.50.10 interval=1s \
    timeout=1s type=icmp
