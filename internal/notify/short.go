package notify

import (
	"strings"

	"jembatan/tunnel"
)

// smsLength is what fits into one text message, in characters that count once.
const smsLength = 160

// Short is the alert as one text message: at most 160 characters, all of which
// are both ASCII and of the basic table of GSM-7 (3GPP TS 23.038, 6.2.1), for
// RouterOS sends no others. Severity, service, server and reason are always
// there; what is too long is the text behind them.
func Short(a Alert, l tunnel.Language) string {
	head := severityWord(a.Severity, l) + " " + subject(a) + " " + clip(gsm(string(a.Reason)), 32)
	tail := " " + a.At.UTC().Format("15:04") + "Z"
	room := smsLength - len(head) - len(tail) - len(": ")
	text := gsm(wordsOf(a.Reason).in(l))
	if detail := gsm(a.Detail); detail != "" && len(text)+len(" (…)") < room {
		text += " (" + clip(detail, room-len(text)-len(" ()")) + ")"
	}
	return head + ": " + clip(text, room) + tail
}

// subject names whom an alert is about: "erp/main", or the program itself.
func subject(a Alert) string {
	service, server := clip(gsm(a.Service), 34), clip(gsm(a.Server), 34)
	switch {
	case service == "":
		return "jembatan"
	case server == "":
		return service
	}
	return service + "/" + server
}

// clip shortens ASCII text to most characters, at a word where that costs little.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	if most <= 2 {
		return s[:max(most, 0)]
	}
	cut := s[:most-2]
	if i := strings.LastIndexByte(cut, ' '); i > len(cut)*2/3 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ,;:") + ".."
}

// gsm replaces what is not both ASCII and of the basic table, and joins lines.
func gsm(s string) string {
	out := strings.Map(func(r rune) rune {
		switch r {
		case '\n', '\r', '\t', '\u00a0':
			return ' '
		case '[', '{':
			return '('
		case ']', '}':
			return ')'
		case '|', '\\':
			return '/'
		case '^', '`', '\u2018', '\u2019':
			return '\''
		case '\u201c', '\u201d':
			return '"'
		case '~', '\u2013', '\u2014', '\u2212':
			return '-'
		}
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
	return strings.Join(strings.Fields(out), " ")
}
