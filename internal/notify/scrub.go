package notify

import (
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
)

// scrubbed returns err, or, when a secret is in its text in any of the forms in
// which it travels, the text without it.
func scrubbed(err error, secrets ...string) error {
	text := err.Error()
	clean := text
	for _, s := range secrets {
		if s == "" {
			continue
		}
		for _, form := range []string{base64.StdEncoding.EncodeToString([]byte(s)), url.QueryEscape(s), s} {
			clean = strings.ReplaceAll(clean, form, "[redacted]")
		}
	}
	if clean == text {
		return err
	}
	return errors.New(clean)
}
