// Command jembatan builds and watches EoIP tunnels between MikroTik routers.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"jembatan/internal/cli"
)

func main() {
	if code, ran := cli.Stage(); ran {
		os.Exit(code)
	}
	ctx, cancel := context.WithCancel(context.Background())
	env := cli.OS()
	env.Again = interrupts(cancel)
	os.Exit(cli.Run(ctx, env, os.Args[1:]))
}

// interrupts calls cancel at the first interrupt and closes the channel that it
// returns at the second one; a third ends the program at once.
func interrupts(cancel func()) <-chan struct{} {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	again := make(chan struct{})
	go func() {
		<-signals
		cancel()
		<-signals
		close(again)
		signal.Stop(signals)
	}()
	return again
}
