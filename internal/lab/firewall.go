//go:build linux

package lab

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
)

// firewall applies the rules in one transaction, if they have changed.
func (s *pass) firewall() {
	text, lacks := compile(s.c, s.names)
	for what, why := range lacks {
		s.r.lack(what, why)
	}
	if text == s.r.rules {
		return
	}
	if text == "" {
		text = "flush ruleset\n"
	}
	if text == s.r.failed {
		s.r.lack("firewall", s.r.refusal+"; the last rules stand")
		return
	}
	if err := s.r.nft(text); err != nil {
		s.r.lack("firewall", err.Error())
		s.r.failed, s.r.refusal = text, err.Error()
		return
	}
	s.r.failed = ""
	s.r.rules = text
	if text == "flush ruleset\n" {
		s.r.rules = ""
	}
}

// nft applies a ruleset inside the router.
func (r *router) nft(text string) error {
	path, err := exec.LookPath("nft")
	if err != nil {
		return fmt.Errorf("nft is missing (Debian package nftables): rules are not carried out")
	}
	cmd := exec.Command(path, "-f", "-") //nolint:noctx // It takes milliseconds.
	cmd.Stdin = strings.NewReader(text)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := r.space.do(func() error { return r.world.children.start(cmd) }); err != nil {
		return fmt.Errorf("start nft: %w", err)
	}
	if err := r.world.children.wait(cmd); err != nil {
		first, _, _ := strings.Cut(strings.TrimSpace(out.String()), "\n")
		return fmt.Errorf("nft: %s", first)
	}
	return nil
}
