package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"jembatan/internal/app"
	"jembatan/internal/render"
	"jembatan/tunnel/plan"
)

func newPlan(g *globals) *cobra.Command {
	var file, form, out, scripts string
	var opts app.PlanOptions
	cmd := &cobra.Command{
		Use:   "plan -f FILE",
		Short: "Show what would change on the routers",
		Long: "Reads every router (one list call a menu) and prints what apply would change.\n" +
			"-o rsc prints, for each router, the RouterOS script that does it and the one that takes it back, for engineers\n" +
			"who may not use the API; --scripts writes them to a folder as ROUTER.rsc and ROUTER-undo.rsc. Secrets are left out.\n" +
			"Exit codes: 0 nothing to do, 2 changes pending, 1 an error, or something could not be planned.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if form != "rsc" && checkForm(form) != nil {
				return errors.New("-o takes text, json or rsc")
			}
			ctx, cancel := g.bound(cmd.Context())
			defer cancel()
			a, err := g.open(file)
			if err != nil {
				return problems(g.env, err)
			}
			defer a.Close()
			p, err := a.Plan(ctx, opts)
			if err != nil {
				return err
			}
			if err := writePlan(g.env, p, form, out); err != nil {
				return err
			}
			if err := writeScripts(p, scripts); err != nil {
				return err
			}
			notices(g.env, a)
			if form == "text" && !p.Empty() {
				predicted(g.env.Stdout, a.Guards(ctx, p, app.ApplyOptions{}))
			}
			return pending(p)
		},
	}
	fileFlag(cmd, &file)
	cmd.Flags().StringVarP(&form, "output", "o", "text", "form of the output: text, json or rsc")
	cmd.Flags().StringVar(&scripts, "scripts", "", "write the RouterOS scripts of the plan to this folder")
	cmd.Flags().StringVar(&out, "out", "", "write the plan to a file that apply --plan carries out")
	onlyFlag(cmd, &opts.Only)
	pruneFlag(cmd, &opts.Prune)
	return cmd
}

func onlyFlag(cmd *cobra.Command, only *[]string) {
	cmd.Flags().StringSliceVar(only, "only", nil, "only what lies wholly on these routers")
}

func pruneFlag(cmd *cobra.Command, prune *[]string) {
	cmd.Flags().StringSliceVar(prune, "prune", nil, "segments and services no longer in the file whose objects are removed")
}

// pending is the end of a plan as an exit code.
func pending(p *plan.Plan) error {
	switch {
	case p.IsBlocked():
		return &codeError{ExitError, errBlocked}
	case !p.Empty():
		return &codeError{ExitPending, nil}
	}
	return nil
}

var errBlocked = fmt.Errorf("not everything could be planned")

// writePlan prints a plan and writes it to a file if one is named.
func writePlan(env Env, p *plan.Plan, form, out string) error {
	if out != "" {
		var b bytes.Buffer
		if err := plan.Encode(&b, p); err != nil {
			return err
		}
		if err := writeFile(out, b.Bytes()); err != nil {
			return fmt.Errorf("write plan: %w", err)
		}
	}
	switch form {
	case "json":
		return plan.Encode(env.Stdout, p)
	case "rsc":
		return printScripts(env, p)
	}
	_, err := io.WriteString(env.Stdout, p.Text(render.PlanStyle(render.Colour(env.Stdout, env.Lookup))))
	return err
}

// printScripts prints what is to do on every router, and then what takes it
// back.
func printScripts(env Env, p *plan.Plan) error {
	for _, s := range render.Scripts(p) {
		if _, err := fmt.Fprintf(env.Stdout, "%s\n%s\n", s.Do, s.Undo); err != nil {
			return err
		}
	}
	for _, n := range p.Notes {
		if n.Level != plan.Info {
			fmt.Fprintf(env.Stderr, "%s: %s: %s\n", n.Level, n.Subject, n.Text)
		}
	}
	return nil
}

// writeScripts writes the scripts of a plan to a folder, if one is named.
func writeScripts(p *plan.Plan, dir string) error {
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("write scripts: %w", err)
	}
	for _, s := range render.Scripts(p) {
		for name, text := range map[string]string{s.Router + ".rsc": s.Do, s.Router + "-undo.rsc": s.Undo} {
			if err := writeFile(filepath.Join(dir, name), []byte(text)); err != nil {
				return fmt.Errorf("write scripts: %w", err)
			}
		}
	}
	return nil
}

// writeFile replaces a file wholly or not at all; only its owner may read it.
func writeFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // Fails when the rename has happened, which is the point.
	if _, err := f.Write(data); err != nil {
		_ = f.Close() // The write's error says more.
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
