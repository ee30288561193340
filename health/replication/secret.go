package replication

import (
	"fmt"
	"io"
)

const redacted = "[redacted]"

// A Secret is a password. Every way of printing or encoding it gives
// "[redacted]"; string(s) is for the driver alone. Keep it in exported fields:
// package fmt cannot see the methods of an unexported one.
type Secret string

// String hides the secret.
func (Secret) String() string { return redacted }

// GoString hides the secret from %#v.
func (Secret) GoString() string { return redacted }

// Format hides the secret from every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText hides the secret from text encoders.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
