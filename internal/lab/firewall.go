//go:build linux

package lab

import (
	"bytes"
	"fmt"
	"io"
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

// An nftReady is an nft in a router's namespace that waits for rules. To start
// one takes longer than to carry rules out, on a busy machine ten times as long.
type nftReady struct {
	cmd   *exec.Cmd
	rules io.WriteCloser
	out   bytes.Buffer
}

// readyNft starts one, unless one waits already.
func (r *router) readyNft() error {
	if r.nftReady != nil {
		return nil
	}
	path, err := exec.LookPath("nft")
	if err != nil {
		return fmt.Errorf("nft is missing (Debian package nftables): rules are not carried out")
	}
	n := &nftReady{cmd: exec.Command(path, "-f", "-")} //nolint:noctx // It ends when its rules do, or its lab.
	n.cmd.Stdout, n.cmd.Stderr = &n.out, &n.out
	if n.rules, err = n.cmd.StdinPipe(); err != nil {
		return fmt.Errorf("start nft: %w", err)
	}
	if err := r.space.do(func() error { return r.world.children.start(n.cmd) }); err != nil {
		return fmt.Errorf("start nft: %w", err)
	}
	r.nftReady = n
	return nil
}

// nft applies a ruleset inside the router; an empty one changes nothing.
func (r *router) nft(text string) error {
	waited := r.nftReady != nil
	if err := r.readyNft(); err != nil {
		return err
	}
	n := r.nftReady
	r.nftReady = nil
	_, wrote := io.WriteString(n.rules, text)
	_ = n.rules.Close() // What was not written is told by wrote.
	err := r.world.children.wait(n.cmd)
	if wrote != nil && waited {
		return r.nft(text) // It had ended meanwhile.
	}
	if err != nil {
		first, _, _ := strings.Cut(strings.TrimSpace(n.out.String()), "\n")
		return fmt.Errorf("nft: %s", first)
	}
	return wrote
}
