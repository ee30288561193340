# old: let jembatan in. Paste into a terminal, or upload and /import.
# Put a password of your own between the quotes, and the same one where the
# topology's credentials say.
:global jembatanPassword ""

# 1. A group with only what is needed, and a user who may come from one place.
/user group add name=jembatan policy=api,read,write,test
:if ([:len $jembatanPassword] < 12) do={ :error "put a password of at least 12 characters in first" } else={
  /user add name=controller group=jembatan password=$jembatanPassword comment="jembatan controller"
}
:set jembatanPassword

# 2. A certificate for api-ssl. Signing takes a while on small routers.
/certificate add name=jembatan-ca common-name=jembatan-ca key-usage=key-cert-sign,crl-sign days-valid=3650 key-size=2048
/certificate sign jembatan-ca
/certificate add name=jembatan-api common-name=old.example.net subject-alt-name=DNS:old.example.net key-usage=digital-signature,key-encipherment,tls-server days-valid=3650 key-size=2048
/certificate sign jembatan-api ca=jembatan-ca
/ip service set api-ssl certificate=jembatan-api disabled=no tls-version=only-1.2

# 3. When all works over TLS, close the plaintext API (remove the #):
# /ip service set api disabled=yes

# 4. What to put into the topology, under routers: old: credentials:
:put ("tls: {fingerprint: \"sha256:" . [/certificate get jembatan-api fingerprint] . "\"}")

# old: take away what bootstrap made. Run it over another login than jembatan's.
/ip service set api-ssl certificate=none address=""
/certificate remove [find name=jembatan-api]
/certificate remove [find name=jembatan-ca]
/user remove [find name=controller]
/user group remove [find name=jembatan]
