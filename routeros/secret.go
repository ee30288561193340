package routeros

import (
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
)

// redacted stands where a secret would.
const redacted = "[redacted]"

// A Secret is text that must not reach a log, an error or a page: every way of
// printing or encoding it gives "[redacted]". Convert it with string(s) where
// it goes to the device, and nowhere else.
//
// Package fmt cannot see the methods of an unexported field, so a Secret in
// one is printed raw with the struct around it: keep secrets in exported
// fields or in closures.
type Secret string

// String hides the secret.
func (Secret) String() string { return redacted }

// GoString hides the secret from %#v.
func (Secret) GoString() string { return redacted }

// Format hides the secret from every verb, those that do not fit a string too.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText hides the secret from text encoders, map keys included.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON hides the secret from JSON.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// LogValue hides the secret from log/slog.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// printed writes text for every verb, with quotes for %q: types that hide parts
// of themselves must not be printed field by field under a verb that does not
// fit, as package fmt would.
func printed(f fmt.State, verb rune, text string) {
	if verb == 'q' {
		text = strconv.Quote(text)
	}
	_, _ = io.WriteString(f, text)
}

// Sensitive reports whether property name of menu (or command) path holds
// something that must not be shown: a password, a key, a PIN, or the content
// and the parties of a message. The names are RouterOS's; an unknown name that
// ends like a secret counts as one.
func Sensitive(path, name string) bool {
	name = strings.TrimLeft(name, ".!")
	switch name {
	case "response", "sim-pin", "pin", "psk", "pre-shared-key", "private-key", "authentication-key", "passphrase":
		return true
	}
	for _, end := range []string{"password", "secret", "passphrase", "-psk", "shared-key", "-token"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	if strings.HasPrefix(path, "/tool/sms") || strings.HasPrefix(path, "/tool/e-mail") {
		switch name {
		case "message", "phone-number", "phone", "allowed-number", "body", "subject", "to", "cc", "from", "user", "last-ussd":
			return true
		}
	}
	return false
}

// scripted reports whether property name holds script text, which may contain
// anything.
func scripted(name string) bool {
	switch name {
	case "script", "source", "on-event", "on-error",
		"on-master", "on-backup", "on-fail", "up-script", "down-script", "test-script", "on-up", "on-down", "on-message":
		return true
	}
	return false
}

// shown is value as a String or an error may show it.
func shown(path, name, value string) string {
	switch {
	case value == "":
		return ""
	case Sensitive(path, name):
		return redacted
	case scripted(name):
		return fmt.Sprintf("[script, %d bytes]", len(value))
	}
	return value
}

// scrub takes every secret out of text that a device or a library wrote. A
// short secret is looked for as a word of its own, since its letters may stand
// anywhere by chance.
func scrub(text string, secrets ...string) string {
	const short = 4
	for _, s := range secrets {
		switch {
		case s == "":
		case len(s) >= short:
			text = strings.ReplaceAll(text, s, redacted)
		default:
			text = scrubWord(text, s)
		}
	}
	return text
}

// scrubWord replaces word where no letter or digit touches it.
func scrubWord(text, word string) string {
	alnum := func(s string, i int) bool {
		if i < 0 || i >= len(s) {
			return false
		}
		c := s[i] | 0x20
		return c >= 'a' && c <= 'z' || s[i] >= '0' && s[i] <= '9'
	}
	var out strings.Builder
	for {
		i := strings.Index(text, word)
		if i < 0 {
			out.WriteString(text)
			return out.String()
		}
		out.WriteString(text[:i])
		if alnum(text, i-1) || alnum(text, i+len(word)) {
			out.WriteString(word)
		} else {
			out.WriteString(redacted)
		}
		text = text[i+len(word):]
	}
}
