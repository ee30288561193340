package routeros

import (
	"context"
	"fmt"
)

// A Script is a row of /system/script.
type Script struct {
	ID          string   `ros:".id,ro"`
	Name        string   `ros:"name"`
	Source      string   `ros:"source"`
	Policy      []string `ros:"policy"`
	Owner       string   `ros:"owner,ro"`
	LastStarted string   `ros:"last-started,ro"`
	RunCount    uint64   `ros:"run-count,ro"`
	Invalid     bool     `ros:"invalid,ro"`
	Comment     string   `ros:"comment"`

	Extra Row `ros:"*"`
}

// Menu implements Resource.
func (Script) Menu() string { return "/system/script" }

// RunScript runs the script that name or id names, and waits for it.
func RunScript(ctx context.Context, c Caller, name string) error {
	_, err := Command(ctx, c, "/system/script/run", FieldsOf("number", name))
	return err
}

// Execute runs script text and returns what it printed (RouterOS 7; at most
// 64 KiB of text). A mistake in the text comes back as output and not as an
// error, so end the text with a :put of something to look for.
func Execute(ctx context.Context, c Caller, text string) (output string, err error) {
	const most = 64 << 10
	if len(text) > most {
		return "", fmt.Errorf("%w: /execute: a script of %d bytes, at most %d", ErrBadRequest, len(text), most)
	}
	reply, err := Command(ctx, c, "/execute", Fields{{Name: "script", Value: text}, {Name: "as-string"}})
	if err != nil {
		return "", err
	}
	return reply.Ret(), nil
}
