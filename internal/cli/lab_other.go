//go:build !linux

package cli

import (
	"errors"

	"github.com/spf13/cobra"
)

// newLab is the lab where there is none.
func newLab(*globals) *cobra.Command {
	return &cobra.Command{
		Use: "lab", Short: "The same topology as network namespaces with real packets (Linux only)",
		RunE: func(*cobra.Command, []string) error {
			return errors.New("the lab needs Linux: it is made of network namespaces")
		},
	}
}

// Stage does nothing here: there is no lab.
func Stage() (code int, ran bool) { return 0, false }
