package main

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
)

// The page says what the commands say.
func TestReferenceIsUpToDate(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(page), string(execute(t, "reference"))); diff != "" {
		t.Errorf("docs/cli.md is out of date: run make generate (-page +commands):\n%s", diff)
	}
}

func TestReferenceHasEveryCommand(t *testing.T) {
	t.Parallel()
	page := string(execute(t, "reference"))
	ownCommands(func(cmd *cobra.Command) {
		shown := strings.Contains(page, "\n### "+cmd.CommandPath()+"\n")
		if shown == (cmd.Hidden || !cmd.HasParent()) {
			t.Errorf("%s: shown is %v", cmd.CommandPath(), shown)
		}
	})
	for _, want := range []string{
		"| `--since period` | leave out attempts that ended longer ago, such as 90m, 36h or 7d (default `7d`) |",
		"```\nhubmend history [TARGET] [flags]\n```", "| [hubmend dlq list](#hubmend-dlq-list) | List dead letters"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

var jsonBlock = regexp.MustCompile("(?s)```json\n(.*?)```")

// lookingPolicy is the policy of the page for those who only look.
func lookingPolicy(t *testing.T) string {
	t.Helper()
	m := jsonBlock.FindStringSubmatch(referenceIntroduction)
	if m == nil {
		t.Fatal("the page has no policy")
	}
	return m[1]
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	for args, wants := range map[string][]string{
		"status --control ":       {"EC2.13\t", "IAM.3\t", ":4"},
		"finding EC2":             {"EC2.13\t", ":4"},
		"finding EC2.13 ":         {":4"},
		"playbook launch ":        {"cis-1.2.0\tCIS AWS Foundations v1.2.0", ":4"},
		"playbook update --set C": {"CIS4142=ENABLED\t", "CIS4142=DISABLED\t"},
		"lab up --set C":          {"CIS4142=ENABLED\t"},
		"playbook enable CIS4":    {"CIS4142\t", "CIS43\t"},
		"dlq list --queue ":       {"findings\n", "outcomes\n", ":4"},
		"sta":                     {"status\tShow what needs attention"},
		"doctor ":                 {":4"}, // no files
	} {
		words := strings.Split(args, " ")
		code, stdout, _ := hubmend(t, nobody, append([]string{"__complete"}, words...)...)
		for _, want := range wants {
			if code != 0 || !strings.Contains(stdout, want) {
				t.Errorf("%q exits with %d and completes\n%swithout %q", args, code, stdout, want)
			}
		}
	}
	if _, stdout, _ := hubmend(t, nobody, "__complete", "finding", "EC2.13", ""); strings.Contains(stdout, "EC2") {
		t.Errorf("a second control is completed: %s", stdout)
	}
}

func TestCompletionScripts(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		code, script, stderr := hubmend(t, nobody, "completion", shell)
		if code != 0 || stderr != "" || !strings.Contains(script, "__complete") {
			t.Errorf("%s exits with %d and says %q", shell, code, stderr)
		}
		path, err := exec.LookPath(shell)
		if err != nil || shell == "powershell" || shell == "fish" {
			continue
		}
		check := exec.CommandContext(t.Context(), path, "-n") //nolint:gosec // a shell that reads and does not run
		check.Stdin = strings.NewReader(script)
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("%s does not read it: %v\n%s", shell, err, out)
		}
	}
}

// Colours are for terminals, and for those who want them.
func TestPainter(t *testing.T) {
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("there is no terminal to open: %v", err)
	}
	defer terminal.Close()
	file, err := os.Create(t.TempDir() + "/out") //nolint:gosec // the test's own
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	const plain = "failed"
	painted := func() string { return painter(terminal)(text.FgRed, plain) }
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "xterm")
	if got := painted(); got != "\x1b[31m"+plain+"\x1b[0m" {
		t.Errorf("a terminal gets %q", got)
	}
	if got := painter(file)(text.FgRed, plain) + painter(&bytes.Buffer{})(text.FgRed, plain); got != plain+plain {
		t.Errorf("a file and a pipe get %q", got)
	}
	t.Setenv("NO_COLOR", "1")
	if got := painted(); got != plain {
		t.Errorf("who wants none gets %q", got)
	}
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "dumb")
	if got := painted(); got != plain {
		t.Errorf("a dumb terminal gets %q", got)
	}
}
