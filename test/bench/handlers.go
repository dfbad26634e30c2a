package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// benchmarked are the packages on the way of a finding. Their benchmarks handle one each.
var benchmarked = []string{"./internal/dispatch", "./internal/settle", "./internal/decide", "./internal/catalog"}

// handlers runs the benchmarks that are next to the code.
func handlers(ctx context.Context) ([]measurement, error) {
	args := append([]string{"test", "-run", "^$", "-bench", ".", "-benchmem"}, benchmarked...)
	out, err := output(exec.CommandContext(ctx, "go", args...)) //nolint:gosec // our own arguments
	if err != nil {
		return nil, err
	}
	return parseBenchmarks(out)
}

// parseBenchmarks reads lines such as
//
//	BenchmarkBind-2   235146   5012 ns/op   1672 B/op   19 allocs/op
func parseBenchmarks(out []byte) ([]measurement, error) {
	var all []measurement
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) < 8 || !strings.HasPrefix(words[0], "Benchmark") {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(words[0], "Benchmark"), "-")
		nanoseconds, errTime := strconv.ParseFloat(words[2], 64)
		allocations, errAllocations := strconv.ParseFloat(words[6], 64)
		if errTime != nil || errAllocations != nil {
			return nil, fmt.Errorf("read the benchmark %q", lines.Text())
		}
		all = append(all,
			measurement{What: name + ", time", Value: nanoseconds / 1000, Unit: "us"},
			measurement{What: name + ", allocations", Value: allocations},
		)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no benchmark ran: %s", out)
	}
	return all, lines.Err()
}

// output runs a command and gives what it prints. The error of a command that fails has
// what it wrote to standard error.
func output(cmd *exec.Cmd) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s%s", strings.Join(cmd.Args, " "), err, stderr.Bytes(), stdout.Bytes())
	}
	return stdout.Bytes(), nil
}
