package rsc

import "strings"

// isVerb reports whether a word is a command that exports and hand-written
// scripts use. No menu of RouterOS has one of these names.
func isVerb(word string) bool {
	switch word {
	case "add", "set", "remove", "unset", "move", "enable", "disable", "comment",
		"print", "get", "find", "edit", "reset", "run", "import", "reset-counters":
		return true
	}
	return false
}

// isSecret reports whether a property holds a secret that hide-sensitive would
// hide.
func isSecret(name string) bool {
	switch name {
	case "private-key", "preshared-key", "pre-shared-key", "passphrase", "authentication-key", "sim-pin", "wep-key":
		return true
	}
	return strings.HasSuffix(name, "password") || strings.HasSuffix(name, "secret") ||
		strings.HasSuffix(name, "passphrase") || strings.HasSuffix(name, "-psk") || strings.HasSuffix(name, "shared-key")
}

// read takes one comment line of the top; ok is false when it is none of the
// header's.
func (h *Header) read(text string) bool {
	if when, version, ok := strings.Cut(text, "by RouterOS "); ok {
		h.Time, h.Version = strings.TrimSpace(when), strings.TrimSpace(version)
		return true
	}
	name, value, ok := strings.Cut(text, "=")
	if !ok {
		return false
	}
	value = strings.TrimSpace(value)
	switch strings.TrimSpace(name) {
	case "software id":
		h.Software = value
	case "system id":
		h.System = value
	case "model":
		h.Model = value
	case "serial number":
		h.Serial = value
	default:
		return false
	}
	return true
}

// isName reports whether s can be the name of a property or a menu: letters,
// digits, "-", "_", "." and "#".
func isName(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9',
			c == '-', c == '_', c == '.', c == '#', c == '*':
		default:
			return false
		}
	}
	return s != "" && s[0] != '#' && strings.Trim(s, ".") != ""
}
