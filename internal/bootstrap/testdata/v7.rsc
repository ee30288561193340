# jkt (Jakarta): let jembatan in. Paste into a terminal, or upload and /import.
# Put a password of your own between the quotes, and the same one where the
# topology's credentials say.
:global jembatanPassword ""

# 1. A group with only what is needed, and a user who may come from one place.
/user group add name=jembatan policy=api,read,write,test,sensitive
:if ([:len $jembatanPassword] < 12) do={ :error "put a password of at least 12 characters in first" } else={
  /user add name=jembatan group=jembatan password=$jembatanPassword address=192.0.2.10/32 comment="jembatan controller"
}
:set jembatanPassword

# 2. A certificate for api-ssl. Signing takes a while on small routers.
/certificate add name=jembatan-ca common-name=jembatan-ca key-usage=key-cert-sign,crl-sign days-valid=3650 key-size=prime256v1
/certificate sign jembatan-ca
/certificate add name=jembatan-api common-name=198.51.100.1 subject-alt-name=IP:198.51.100.1 key-usage=digital-signature,key-encipherment,tls-server days-valid=3650 key-size=prime256v1
/certificate sign jembatan-api ca=jembatan-ca
/ip service set api-ssl certificate=jembatan-api disabled=no address=192.0.2.10/32 tls-version=only-1.2

# 3. When all works over TLS, close the plaintext API (remove the #):
# /ip service set api disabled=yes

# 4. What to put into the topology, under routers: jkt: credentials:
:put ("tls: {fingerprint: \"sha256:" . [/certificate get jembatan-api fingerprint] . "\"}")

# jkt (Jakarta): take away what bootstrap made. Run it over another login than jembatan's.
/ip service set api-ssl certificate=none address=""
/certificate remove [find name=jembatan-api]
/certificate remove [find name=jembatan-ca]
/user remove [find name=jembatan]
/user group remove [find name=jembatan]
