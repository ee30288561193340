package cli

import (
	"errors"

	"github.com/spf13/pflag"

	"jembatan/internal/app"
	"jembatan/tunnel"
)

// loginFlags are how routers without a topology are logged in to. No flag takes
// a secret.
type loginFlags struct {
	login                     app.Login
	passwordEnv, passwordFile string
}

// register adds the flags.
func (l *loginFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&l.login.User, "user", "", "login for --router")
	flags.StringVar(&l.passwordEnv, "password-env", "", "environment variable with the password for --router")
	flags.StringVar(&l.passwordFile, "password-file", "", "file with the password for --router")
	flags.StringVar(&l.login.TLS.CAFile, "ca", "", "certificate authority for --router, PEM")
	flags.StringVar(&l.login.TLS.Fingerprint, "fingerprint", "", "certificate of the router, sha256:…, for --router")
	flags.BoolVar(&l.login.TLS.Off, "plaintext", false, "no TLS for --router: passwords cross the network in clear")
}

// resolve turns the flags into a login.
func (l *loginFlags) resolve() (app.Login, error) {
	switch {
	case l.passwordEnv != "" && l.passwordFile != "":
		return app.Login{}, errors.New("--password-env and --password-file exclude each other")
	case l.login.TLS.Off && (l.login.TLS.CAFile != "" || l.login.TLS.Fingerprint != "") || l.login.TLS.CAFile != "" && l.login.TLS.Fingerprint != "":
		return app.Login{}, errors.New("--ca, --fingerprint and --plaintext exclude each other")
	}
	out := l.login
	out.Password = tunnel.SecretRef{Env: l.passwordEnv, File: l.passwordFile}
	return out, nil
}
