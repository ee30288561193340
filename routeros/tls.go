package routeros

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// ErrCertificate is a device whose certificate is not the one expected.
var ErrCertificate = errors.New("routeros: certificate does not match")

// TLSOptions say which certificate a device must show on api-ssl. The zero
// value trusts the system's roots and checks the name that was dialed.
//
// A device without any certificate offers only anonymous key exchange, which
// Go does not implement: the handshake fails, and the device needs a
// certificate.
type TLSOptions struct {
	// CA holds PEM certificates to trust in place of the system's roots.
	CA []byte
	// Fingerprint pins the device's own certificate: "sha256:" and the SHA-256
	// of its DER form in hexadecimal, colons between bytes allowed. Alone it is
	// the whole check, which is what a self-signed certificate needs; beside CA
	// both must hold.
	Fingerprint string
	// ServerName is the name to check. Empty means the host that was dialed.
	ServerName string
}

// Config resolves o for something dialed at host.
func (o *TLSOptions) Config(host string) (*tls.Config, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: o.ServerName}
	if cfg.ServerName == "" {
		cfg.ServerName = host
	}
	if len(o.CA) > 0 {
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(o.CA) {
			return nil, errors.New("tls: no certificate in the CA file")
		}
	}
	if o.Fingerprint == "" {
		return cfg, nil
	}
	want, err := parseFingerprint(o.Fingerprint)
	if err != nil {
		return nil, err
	}
	cfg.InsecureSkipVerify = len(o.CA) == 0 // The pin below is the check, and a stricter one.
	cfg.VerifyConnection = func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) == 0 {
			return fmt.Errorf("%w: none was shown", ErrCertificate)
		}
		got := sha256.Sum256(state.PeerCertificates[0].Raw)
		if subtle.ConstantTimeCompare(got[:], want) != 1 {
			return fmt.Errorf("%w: the device shows sha256:%x", ErrCertificate, got)
		}
		return nil
	}
	return cfg, nil
}

// parseFingerprint reads "sha256:hex" with or without colons between bytes.
func parseFingerprint(s string) ([]byte, error) {
	digits, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(s)), "sha256:")
	if !ok {
		return nil, fmt.Errorf("tls: fingerprint %q does not begin with sha256", s)
	}
	sum, err := hex.DecodeString(strings.ReplaceAll(digits, ":", ""))
	if err != nil || len(sum) != sha256.Size {
		return nil, fmt.Errorf("tls: fingerprint %q is not %d bytes in hexadecimal", s, sha256.Size)
	}
	return sum, nil
}
