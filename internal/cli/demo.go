package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"jembatan/internal/app"
	"jembatan/internal/demo"
)

func newDemo(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "The whole story on one machine, with emulated routers; no root needed",
		Long:  "Exit code 0 only if every step was seen to work.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := g.bound(cmd.Context())
			defer cancel()
			return demo.Run(ctx, g.env.Stdout, func(ctx context.Context, out io.Writer, env app.Lookup, args ...string) int {
				inner := g.env
				inner.Stdout, inner.Lookup = out, env
				return Run(ctx, inner, args)
			})
		},
	}
}
