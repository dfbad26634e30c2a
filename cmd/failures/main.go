// Command failures prints docs/failures.md.
package main

import (
	"fmt"

	"hubmend/internal/engine/failure"
)

func main() { fmt.Print(failure.Markdown()) }
