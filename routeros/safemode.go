package routeros

import "context"

// A SafeMode is /safe-mode (RouterOS 7.18): while a session holds it, every
// change of every session can be rolled back, and is if the holder vanishes.
// Two warnings of MikroTik's manual: more than 100 changes leave it silently
// and undo nothing, and a peer that vanishes without a word is noticed only
// after the TCP time-out of nine minutes.
type SafeMode struct {
	Enabled bool   `ros:"enabled,ro"`
	Current bool   `ros:"current,ro"` // held by this session
	User    string `ros:"user,ro"`
	Owner   string `ros:"owner,ro"`

	Extra Row `ros:"*"`
}

// Menu implements Resource.
func (SafeMode) Menu() string { return "/safe-mode" }

// TakeSafeMode starts safe mode for s, and fails if somebody else holds it. It
// returns ErrNoCommand, wrapped, from a release that lacks it.
func (s *Session) TakeSafeMode(ctx context.Context) error {
	_, err := Command(ctx, s, "/safe-mode/take", FieldsOf("on-error", "abort"))
	return err
}

// ReleaseSafeMode keeps what was changed under safe mode.
func (s *Session) ReleaseSafeMode(ctx context.Context) error {
	_, err := Command(ctx, s, "/safe-mode/release", nil)
	return err
}

// UnrollSafeMode rolls back what was changed under safe mode, now.
func (s *Session) UnrollSafeMode(ctx context.Context) error {
	_, err := Command(ctx, s, "/safe-mode/unroll", nil)
	return err
}
