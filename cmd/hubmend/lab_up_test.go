package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hubmend/internal/lab"
)

// The printed commands work with their own lab, and with no other that is up at the same time.
func TestLabUpHelp(t *testing.T) {
	t.Parallel()
	for port, want := range map[int]struct{ folder, click string }{
		defaultPort: {"/root/build/lab", os.Args[0] + " lab click CIS4142 $("},
		4711:        {"/root/build/lab/4711", os.Args[0] + " lab click --port 4711 CIS4142 $("},
	} {
		u := labUp{port: port}
		if got := u.folder("/root"); got != filepath.FromSlash(want.folder) {
			t.Errorf("port %d has the folder %s", port, got)
		}
		if help := u.help(lab.Defaults, "aws-config"); !strings.Contains(help, want.click) ||
			strings.Contains(help, "%!") {
			t.Errorf("port %d does not say %q but\n%s", port, want.click, help)
		}
		u.empty = true
		if help := u.help(lab.Defaults, "aws-config"); !strings.Contains(help, "AWS_CONFIG_FILE=aws-config ") ||
			strings.Contains(help, "%!") {
			t.Errorf("an empty lab says\n%s", help)
		}
	}
}
