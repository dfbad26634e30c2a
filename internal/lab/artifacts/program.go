package artifacts

import (
	"context"
	"debug/buildinfo"
	"debug/elf"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"sync"

	"hubmend/internal/build/compile"
)

// Programs gives the program of a function, by the name of its folder below lambdas/.
type Programs func(ctx context.Context, name string) (file string, err error)

// Compile begins to compile the functions of a checkout for this machine in the background. It does so once in a
// process, for all labs.
func Compile(root string) Programs {
	compiled.Lock()
	defer compiled.Unlock()
	if p := compiled.programs[root]; p != nil {
		return p
	}
	done := make(chan struct{})
	out := filepath.Join(root, "build", "lab", "functions")
	var failed error
	go func() {
		defer close(done)
		failed = compile.Functions(context.Background(), root, out, compile.Here)
	}()
	p := func(ctx context.Context, name string) (string, error) {
		select {
		case <-done:
		case <-ctx.Done():
			return "", ctx.Err()
		}
		file := filepath.Join(out, name, compile.Binary)
		if failed != nil {
			return "", failed
		}
		if _, err := os.Stat(file); err != nil {
			return "", fmt.Errorf("%s has no function %q", filepath.Join(root, "lambdas"), name)
		}
		return file, nil
	}
	compiled.programs[root] = p
	return p
}

// compiled are the functions of each checkout, by its folder.
var compiled = struct {
	sync.Mutex
	programs map[string]Programs
}{programs: map[string]Programs{}}

// program gives a program that runs on this machine for an uploaded one. The templates deploy arm64. On another machine
// it is compiled from the same package, which the Go linker wrote into the program.
func (l *Artifacts) program(ctx context.Context, file string) (string, error) {
	if runsHere(file) {
		return file, nil
	}
	info, err := buildinfo.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read what %s was built from: %w", file, err)
	}
	return l.functions(ctx, path.Base(info.Path))
}

func runsHere(file string) bool {
	if runtime.GOOS != "linux" {
		return false
	}
	f, err := elf.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	return f.Machine == map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}[runtime.GOARCH]
}
