package apply

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"jembatan/routeros"
	"jembatan/tunnel"
)

// A Sealer turns secrets into tokens that are equal for equal secrets and tell
// nothing else. Its key is random and lives as long as it does, so a token that
// leaks into a file or a log is worth nothing.
type Sealer struct{ key [32]byte }

// NewSealer returns a Sealer with a fresh key.
func NewSealer() *Sealer {
	s := new(Sealer)
	if _, err := rand.Read(s.key[:]); err != nil {
		panic(fmt.Sprintf("apply: no random numbers: %v", err)) // crypto/rand.Read never fails on the systems we run on.
	}
	return s
}

// Token returns the token of a secret; "" stands for "".
func (s *Sealer) Token(secret routeros.Secret) string {
	if secret == "" {
		return ""
	}
	mac := hmac.New(sha256.New, s.key[:])
	mac.Write([]byte(secret))
	return "sealed:" + hex.EncodeToString(mac.Sum(nil))
}

// Tokens resolves and seals every tunnel secret of a topology, for plan.Diff.
func (s *Sealer) Tokens(t *tunnel.Topology, resolve Resolve) (map[tunnel.SecretRef]string, error) {
	tokens := map[tunnel.SecretRef]string{}
	for _, seg := range t.Segments {
		ref := seg.Tunnels.IPsec
		if ref.IsZero() {
			continue
		}
		value, err := resolve(ref)
		if err != nil {
			return nil, fmt.Errorf("segments.%s.tunnels.ipsec: %w", seg.Name, err)
		}
		tokens[ref] = s.Token(value)
	}
	return tokens, nil
}

func joinComma(items []string) string { return strings.Join(items, ", ") }
