// Command dist writes the folder that a user of the console uploads, out of what
// `cdk synth` wrote.
package main

import (
	"flag"
	"fmt"
	"os"

	"hubmend/internal/dist"
)

func main() {
	from := flag.String("from", "cdk.out", "folder that `cdk synth` wrote")
	to := flag.String("to", "dist", "folder to write")
	flag.Parse()
	if err := dist.Write(*from, *to); err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
}
