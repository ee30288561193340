package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"jembatan/failover"
)

// A head is the newest of a service: its state and where its entries end. It is
// one value, so it changes as one.
type head struct {
	Version int             `json:"version"`
	Service string          `json:"service"`
	Epoch   uint64          `json:"epoch"` // of the term that wrote it
	Seq     uint64          `json:"seq"`   // of the last entry; 0 for none
	Hash    string          `json:"hash"`  // of that entry
	State   json.RawMessage `json:"state"`
	Sum     string          `json:"sum"` // SHA-256 of all above, Sum empty
}

// version of what a head looks like.
const version = 1

func (h head) sum() (string, error) {
	h.Sum = ""
	body, err := json.Marshal(h)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:]), nil
}

func (h head) encode() (_ []byte, err error) {
	if h.Sum, err = h.sum(); err != nil {
		return nil, err
	}
	return json.Marshal(h)
}

// decodeHead trusts nothing that was under that key.
func decodeHead(key, service string, body []byte) (head, failover.State, error) {
	damaged := func(format string, args ...any) (head, failover.State, error) {
		return head{}, failover.State{}, &DamagedError{Key: key, Why: fmt.Sprintf(format, args...)}
	}
	var v struct {
		Version int `json:"version"`
	}
	if json.Unmarshal(body, &v) == nil && v.Version > version {
		return damaged("it was written by a newer program (format %d)", v.Version)
	}
	var h head
	if err := strict(body, &h); err != nil {
		return damaged("%v", err)
	}
	sum, err := h.sum()
	if err != nil {
		return damaged("%v", err)
	}
	var s failover.State
	switch {
	case sum != h.Sum:
		return damaged("its checksum is wrong")
	case h.Version != version:
		return damaged("format %d is not known", h.Version)
	case h.Service != service:
		return damaged("it is of service %q", h.Service)
	}
	if err := strict(h.State, &s); err != nil {
		return damaged("state: %v", err)
	}
	return h, s, nil
}
