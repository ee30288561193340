package routeros_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"jembatan/internal/memnet"
	"jembatan/routeros"
)

// certify is selfSigned for tests.
func certify(t *testing.T, name string) tls.Certificate {
	t.Helper()
	cert, err := selfSigned(name)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// selfSigned makes a self-signed certificate for name, valid in a bubble's
// time too.
func selfSigned(name string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
		IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// pinOf is the fingerprint of cert.
func pinOf(cert tls.Certificate) string {
	sum := sha256.Sum256(cert.Certificate[0])
	return "sha256:" + hex.EncodeToString(sum[:])
}

func TestTLS(t *testing.T) {
	cert, stranger := certify(t, "jkt.example"), certify(t, "jkt.example")
	pemOf := func(c tls.Certificate) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]})
	}
	sum := sha256.Sum256(cert.Certificate[0])
	pin := pinOf(cert)
	var colons []string
	for _, b := range sum {
		colons = append(colons, strings.ToUpper(hex.EncodeToString([]byte{b})))
	}
	for name, tc := range map[string]struct {
		opts routeros.TLSOptions
		want string // part of the error, "" for none
	}{
		"pin":                  {routeros.TLSOptions{Fingerprint: pin}, ""},
		"pin with colons":      {routeros.TLSOptions{Fingerprint: "SHA256:" + strings.Join(colons, ":")}, ""},
		"CA":                   {routeros.TLSOptions{CA: pemOf(cert)}, ""},
		"CA and pin":           {routeros.TLSOptions{CA: pemOf(cert), Fingerprint: pin}, ""},
		"CA, another name":     {routeros.TLSOptions{CA: pemOf(cert), ServerName: "sby.example"}, "not sby.example"},
		"another CA":           {routeros.TLSOptions{CA: pemOf(stranger)}, "tls: "},
		"another CA, same pin": {routeros.TLSOptions{CA: pemOf(stranger), Fingerprint: pin}, "tls: "},
		"another pin":          {routeros.TLSOptions{Fingerprint: "sha256:" + strings.Repeat("00", 32)}, "certificate does not match: the device shows " + pin},
		"system roots":         {routeros.TLSOptions{}, "tls: "},
		"no pin at all":        {routeros.TLSOptions{Fingerprint: "sha1:00"}, "does not begin with sha256"},
		"a short pin":          {routeros.TLSOptions{Fingerprint: "sha256:00"}, "is not 32 bytes"},
		"an empty CA file":     {routeros.TLSOptions{CA: []byte("nothing")}, "no certificate in the CA file"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &peer{answer: echo}
				dial := func(context.Context, string, string) (net.Conn, error) {
					near, far := memnet.Pipe(memnet.DefaultBuffer)
					secure := tls.Server(far, &tls.Config{Certificates: []tls.Certificate{cert}})
					p.wg.Go(func() { p.serve(secure) })
					return near, nil
				}
				s, err := routeros.Dial(t.Context(), "jkt.example:8729", routeros.Options{TLS: &tc.opts, Dial: dial})
				defer p.wg.Wait()
				if err != nil {
					if tc.want == "" || !strings.Contains(err.Error(), tc.want) {
						t.Errorf("err = %v, want %q", err, tc.want)
					}
					if name == "another pin" && !errors.Is(err, routeros.ErrCertificate) {
						t.Errorf("%v is not ErrCertificate", err)
					}
					return
				}
				defer s.Close()
				if tc.want != "" {
					t.Errorf("no error, want %q", tc.want)
				}
				var wg sync.WaitGroup
				for range 20 {
					wg.Go(func() {
						if _, err := routeros.Print(t.Context(), s, "/x", []string{"a"}); err != nil {
							t.Error(err)
						}
					})
				}
				wg.Wait()
				// The idle probe works through TLS: a deadline there must not break it.
				time.Sleep(10 * time.Minute)
				if err := s.Err(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
