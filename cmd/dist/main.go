// Command dist writes the folder for deployments in the console, from the repository's templates and the Lambda
// functions, which it compiles.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"hubmend/internal/build/compile"
	"hubmend/internal/build/dist"
	"hubmend/internal/build/templates"
	"hubmend/internal/engine/naming"
)

func main() {
	from := flag.String("from", templates.Folder, "folder with the kept templates")
	to := flag.String("to", "dist", "folder to write")
	flag.Parse()
	if err := run(context.Background(), *from, *to); err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, from, to string) error {
	const functions = "build/lambdas"
	target, err := processor(from)
	if err != nil {
		return err
	}
	if err := compile.Functions(ctx, ".", functions, target); err != nil {
		return err
	}
	return dist.Write(dist.Source{Templates: from, Functions: functions}, to)
}

// processor is the functions' architecture in the templates.
func processor(folder string) (compile.Target, error) {
	text, err := os.ReadFile(filepath.Join(folder, naming.AdminStack+templates.Suffix))
	target := compile.Lambda
	if bytes.Contains(text, []byte(`"x86_64"`)) {
		target.Arch = "amd64"
	}
	return target, err
}
