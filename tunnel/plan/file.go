package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// MaxFile is the largest plan file that Decode reads, in bytes: about a hundred
// times a plan for five hundred routers.
const MaxFile = 64 << 20

// ErrEdited is returned for a plan file whose content is not what Encode wrote.
var ErrEdited = errors.New("the plan file has been changed since it was made; make a new plan instead")

// envelope is a plan in a file.
type envelope struct {
	Checksum string          `json:"checksum"`
	Plan     json.RawMessage `json:"plan"`
}

// Encode writes a plan as indented JSON with a checksum of its content. Equal
// plans give equal bytes.
func Encode(w io.Writer, p *Plan) error {
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode plan: %w", err)
	}
	out, err := json.MarshalIndent(envelope{Checksum: checksum(body), Plan: body}, "", "  ")
	if err != nil {
		return fmt.Errorf("encode plan: %w", err)
	}
	if _, err = w.Write(append(out, '\n')); err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	return nil
}

// Decode reads what Encode wrote. It returns ErrEdited when the content does
// not match its checksum, and an error for another format, for unknown fields
// and for files above MaxFile.
func Decode(r io.Reader) (*Plan, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read plan: %w", err)
	}
	if len(data) > MaxFile {
		return nil, fmt.Errorf("read plan: larger than %d MiB", MaxFile>>20)
	}
	var e envelope
	if err := json.Unmarshal(data, &e); err != nil || e.Checksum == "" {
		return nil, errors.New("read plan: not a plan file (make one with: plan --out FILE)")
	}
	var body bytes.Buffer
	if err := json.Compact(&body, e.Plan); err != nil {
		return nil, fmt.Errorf("read plan: %w", err)
	}
	var head struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(body.Bytes(), &head); err == nil && head.Format != FormatVersion {
		return nil, fmt.Errorf("read plan: format %d, this version understands %d", head.Format, FormatVersion)
	}
	if checksum(body.Bytes()) != e.Checksum {
		return nil, ErrEdited
	}
	dec := json.NewDecoder(&body)
	dec.DisallowUnknownFields()
	p := new(Plan)
	if err := dec.Decode(p); err != nil {
		return nil, fmt.Errorf("read plan: %w", err)
	}
	return p, nil
}

func checksum(body []byte) string {
	sum := sha256.Sum256(body)
	return "sha256:" + hex.EncodeToString(sum[:])
}
