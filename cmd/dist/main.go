// Command dist writes the folder that a user of the console uploads, out of the kept
// templates and the functions, which it compiles.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"hubmend/internal/compile"
	"hubmend/internal/dist"
	"hubmend/internal/templates"
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
	if err := compile.Functions(ctx, ".", functions, compile.Lambda); err != nil {
		return err
	}
	return dist.Write(dist.Source{Templates: from, Functions: functions}, to)
}
