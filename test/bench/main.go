// Command bench measures what Hubmend promises and prints it as one table: what a repair
// costs in time, calls, writes, steps and bytes. It needs build/hubmend and a synthesized cdk.out,
// which `make bench` sees to, and no AWS account.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"
)

func main() {
	asJSON := flag.Bool("json", false, "print JSON")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *asJSON, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
}

// parts are what is measured, in the order of the table.
var parts = []struct {
	doing   string
	measure func(context.Context) ([]measurement, error)
}{
	{"timing decisions and handlers", handlers},
	{"counting what the ledger writes", writes},
	{"simulating waves of findings", waves},
	{"previewing 10,000 findings", previewOfTenThousand},
	{"connecting to member accounts", connections},
	{"starting a function with more and more controls", coldStart},
	{"repairing in the lab", repairs},
	{"repairing every control", catalogSteps},
	{"estimating costs", costs},
	{"weighing functions and templates", sizes},
	{"synthesizing twice", synth},
}

func run(ctx context.Context, asJSON bool, out io.Writer) error {
	var all []measurement
	for i, p := range parts {
		fmt.Fprintf(os.Stderr, "[%d/%d] %s\n", i+1, len(parts), p.doing)
		stop := tick(os.Stderr)
		got, err := p.measure(ctx)
		stop()
		if err != nil {
			return fmt.Errorf("%s: %w", p.doing, err)
		}
		all = append(all, got...)
	}
	if asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(all)
	}
	_, err := fmt.Fprintln(out, render(all))
	return err
}

// tick prints the elapsed time every few seconds until it is stopped.
func tick(out io.Writer) (stop func()) {
	begin, done, ended := time.Now(), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(tickEvery)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				fmt.Fprintf(out, "      %.0f s\n", time.Since(begin).Seconds())
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

const tickEvery = 5 * time.Second
