package cli

import (
	"bytes"
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
	var file, form, out string
	var opts app.PlanOptions
	cmd := &cobra.Command{
		Use:   "plan -f FILE",
		Short: "Show what would change on the routers",
		Long: "Reads every router (one list call a menu) and prints what apply would change.\n" +
			"Exit codes: 0 nothing to do, 2 changes pending, 1 an error, or something could not be planned.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkForm(form); err != nil {
				return err
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
			return pending(p)
		},
	}
	fileFlag(cmd, &file)
	formFlag(cmd, &form)
	cmd.Flags().StringVar(&out, "out", "", "write the plan to a file that apply --plan carries out")
	onlyFlag(cmd, &opts.Only)
	pruneFlag(cmd, &opts.Prune)
	return cmd
}

func onlyFlag(cmd *cobra.Command, only *[]string) {
	cmd.Flags().StringSliceVar(only, "only", nil, "only what lies wholly on these routers")
}

func pruneFlag(cmd *cobra.Command, prune *[]string) {
	cmd.Flags().StringSliceVar(prune, "prune", nil, "segments no longer in the file whose objects are removed")
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
	if form == "json" {
		return plan.Encode(env.Stdout, p)
	}
	_, err := io.WriteString(env.Stdout, p.Text(render.PlanStyle(render.Colour(env.Stdout, env.Lookup))))
	return err
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
