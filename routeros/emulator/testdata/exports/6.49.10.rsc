# jan/02/1970 00:12:05 by RouterOS 6.49.10
# software id = ABCD-1234
#
# model = RB960PGS
# serial number = 0123456789AB
/interface bridge
add comment="jembatan:servers/bridge" fast-forward=no name=br-servers \
    protocol-mode=none
/interface ethernet
set [ find default-name=ether1 ] comment="to the ISP, \"metro\"" name=wan
set [ find default-name=ether5 ] disabled=yes
/interface eoip
add allow-fast-path=no ipsec-secret=not-a-real-one keepalive=1s,3 \
    local-address=198.51.100.1 mac-address=02:4A:11:22:33:44 name=\
    eoip-servers-sby-metro remote-address=198.51.100.2 tunnel-id=1001
add !keepalive mac-address=02:4A:11:22:33:45 name="second tunnel" \
    remote-address=198.51.100.3 tunnel-id=1002
/interface vrrp
add interface=br-servers name=vrrp-erp preemption-mode=no priority=200 \
    vrid=50
/ip ipsec proposal
set [ find default=yes ] enc-algorithms=aes-256-cbc
/interface bridge port
add bridge=br-servers interface=ether4
add bridge=br-servers horizon=1 interface=eoip-servers-sby-metro
add bridge=br-servers horizon=1 interface="second tunnel"
/ip address
add address=198.51.100.1/24 interface=wan network=198.51.100.0
add address=192.168.50.2 interface=vrrp-erp network=192.168.50.2
/ip firewall filter
add action=reject chain=forward comment="jembatan:erp/block.main" \
    connection-nat-state=dstnat disabled=yes dst-address=192.168.50.10 \
    reject-with=tcp-reset protocol=tcp
/ip firewall nat
add action=dst-nat chain=dstnat comment="jembatan:erp/dnat epoch=7" \
    dst-address=198.51.100.1 dst-port=80,3306 protocol=tcp to-addresses=\
    192.168.50.20
/ip route
add distance=1 gateway=198.51.100.254
/ip service
set telnet disabled=yes
set api address=192.0.2.0/24
/system clock
set time-zone-name=Asia/Jakarta
/system identity
set name=jkt
/system scheduler
add interval=3m name=watch on-event=":if ([:len [/interface find where running\
    ]] = 0) do={\r\
    \n  :log warning \"nothing runs for \$[/system identity get name]\"\r\
    \n}" policy=read,write,test start-date=jan/02/1970 start-time=00:10:00
