package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// A Sealer turns secrets into seals: texts that are equal for equal secrets of
// one audit, tell how strong a secret is, and nothing else about it.
type Sealer struct{ key []byte }

// NewSealer returns a Sealer; key is random and made anew for every audit, so
// that a seal cannot be tried offline.
func NewSealer(key []byte) Sealer { return Sealer{key} }

// Seal returns the seal of a secret, "" for an empty one.
func (s Sealer) Seal(secret string) string {
	if secret == "" {
		return ""
	}
	weak := "strong"
	if isWeak(secret) {
		weak = "weak"
	}
	return sealPrefix + s.digest(secret) + ":" + strconv.Itoa(len(secret)) + ":" + weak
}

const sealPrefix = "sealed:"

func (s Sealer) digest(secret string) string {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte(secret))
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// matches reports whether a seal is that of the text.
func (s Sealer) matches(seal, text string) bool {
	return text != "" && strings.HasPrefix(seal, sealPrefix+s.digest(text)+":")
}

// sealed takes a seal apart; ok is false when it is none, as for a secret that
// the router would not show.
func sealed(seal string) (length int, weak, ok bool) {
	parts := strings.Split(seal, ":")
	if len(parts) != 4 || parts[0]+":" != sealPrefix {
		return 0, false, false
	}
	length, err := strconv.Atoi(parts[2])
	return length, parts[3] == "weak", err == nil
}

// shownSeal is a seal for people.
func shownSeal(seal string) Text {
	if seal == "" {
		return say("none", "tidak ada")
	}
	n, weak, ok := sealed(seal)
	if !ok {
		return say("set", "ada")
	}
	if weak {
		return say("set, weak (%d characters)", "ada, lemah (%d karakter)", n)
	}
	return say("set (%d characters)", "ada (%d karakter)", n)
}

// leastSecret is how many characters a pre-shared key needs: below it, one
// captured handshake in aggressive mode or one leaked exchange can be tried
// through. Assumed.
const leastSecret = 14

// isWeak reports whether a secret is short, one kind of character, or a word
// that everybody tries first.
func isWeak(secret string) bool {
	if len(secret) < leastSecret {
		return true
	}
	low := strings.ToLower(secret)
	for _, word := range []string{"password", "mikrotik", "qwerty", "secret", "123456", "admin", "eoip", "ipsec", "tunnel"} {
		if rest := strings.ReplaceAll(low, word, ""); len(rest) < leastSecret/2 {
			return true
		}
	}
	seen := map[rune]bool{}
	for _, r := range secret {
		seen[r] = true
	}
	const leastKinds = 6
	return len(seen) < leastKinds
}

// secretField reports whether a property of a menu that an audit reads holds a
// secret.
func secretField(menu, name string) bool {
	switch name {
	case "ipsec-secret", "secret", "password", "pre-shared-key", "authentication-password", "encryption-password":
		return true
	case "name":
		return menu == MenuSNMPCommunity
	}
	return false
}

// SealRow seals the secrets of a row of a menu in place. A community of SNMP
// keeps whether its name holds "public".
func (s Sealer) SealRow(menu string, fields []Field) {
	for i := range fields {
		f := &fields[i]
		if !secretField(menu, f.Name) || f.Value == "" {
			continue
		}
		if menu == MenuSNMPCommunity {
			public := strings.Contains(strings.ToLower(f.Value), "public")
			f.Value = fmt.Sprintf("community-%s", s.digest(f.Value)[:4])
			if public {
				f.Value = "public-" + f.Value
			}
			continue
		}
		f.Value = s.Seal(f.Value)
	}
}
