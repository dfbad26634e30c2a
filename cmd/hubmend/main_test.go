package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// asHubmend makes the test binary be hubmend, so that exit codes are tested with main
// itself and nothing has to be built.
const asHubmend = "HUBMEND_TEST_AS_HUBMEND"

func TestMain(m *testing.M) {
	if os.Getenv(asHubmend) != "" || asLambda() != nil {
		main()
		os.Exit(0)
	}
	os.Unsetenv("COLUMNS") // so that commands write to a pipe what they do everywhere
	os.Exit(m.Run())
}

// hubmend runs the command in the repository's root.
func hubmend(t *testing.T, env []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return hubmendWithin(t, time.Minute, env, args...)
}

func hubmendWithin(t *testing.T, limit time.Duration, env []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return hubmendIn(t, "../..", limit, env, args...)
}

func hubmendIn(t *testing.T, folder string, limit time.Duration, env []string, args ...string) (code int, stdout,
	stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], args...) //nolint:gosec // the test itself
	cmd.Dir = folder
	cmd.Env = append(append(os.Environ(), asHubmend+"=1"), env...)
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	runErr := cmd.Run()
	var exit *exec.ExitError
	if runErr != nil && !errors.As(runErr, &exit) {
		t.Fatal(runErr)
	}
	return cmd.ProcessState.ExitCode(), out.String(), err.String()
}

// write puts a file into a folder of the test's own.
func write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

const group = "arn:aws:ec2:us-east-1:222222222222:security-group/sg-0123456789abcdef0"

// Bad input gives one line that says what is wrong, on standard error alone, and 2.
func TestBadInput(t *testing.T) {
	t.Parallel()
	good := write(t, "good.yaml", "name: x\nexpect: [{executions: 0}]\n")
	unknown := write(t, "unknown.yaml",
		"name: x\nevents: [{import: {name: a, file: f, regoin: b}}]\nexpect: [{executions: 0}]\n")
	nowhere := filepath.Join(t.TempDir(), "nowhere")
	noPython := []string{"HUBMEND_PYTHON=", "XDG_CACHE_HOME=" + nowhere}
	somePython := []string{"HUBMEND_PYTHON=" + os.Args[0]} // found, and not started before the input is read
	for name, tc := range map[string]struct {
		args string
		env  []string
		want string
	}{
		"unknown command":        {args: "repair", want: `unknown command "repair"`},
		"almost a command":       {args: "staus", want: `unknown command "staus" for "hubmend"; did you mean status?`},
		"unknown shell":          {args: "completion tcsh", want: `unknown command "tcsh" for "hubmend completion"`},
		"help on nothing":        {args: "help repair", want: `unknown command "repair" for "hubmend"`},
		"help on half":           {args: "help lab repair", want: `unknown command "repair"`},
		"unknown command of lab": {args: "lab repair", want: `unknown command "repair"`},
		"unknown flag":           {args: "lint --fix", want: "unknown flag: --fix"},
		"a word too many":        {args: "status x", want: `"x"`},
		"no control":             {args: "finding", want: "1 arg"},
		"unknown control": {args: "finding EC2.99 --resource " + group,
			want: "unknown control EC2.99; `hubmend controls` lists the controls"},
		"no resource":        {args: "finding EC2.13", want: "--resource is missing"},
		"resource is no ARN": {args: "finding EC2.13 --resource web", want: "Region"},
		"an account's own": {args: "finding IAM.11 --resource AWS::::Account:222222222222",
			want: "add --account and --region"},
		"another resource": {args: "finding EC2.13 --resource arn:aws:ec2:us-east-1:222222222222:instance/i-1",
			want: "not of the form"},
		"another account": {args: "finding EC2.13 --account 333333333333 --resource " + group,
			want: "333333333333"},
		"almost a control": {args: "finding EC2.31 --resource " + group,
			want: "unknown control EC2.31; did you mean EC2.13 or EC2.21?"},
		"almost a control, as a flag": {args: "plan --control EC2.31 --resource " + group,
			want: "hubmend: unknown control EC2.31; did you mean EC2.13 or EC2.21?"},
		"no account": {args: "status --account prod",
			want: `hubmend: "prod" is not an account id, which has 12 digits`},
		"unknown form": {args: "finding EC2.13 --form odd --resource " + group, want: `"odd"`},
		"unknown control, shown": {args: "controls EC2.13 EC2.99",
			want: "unknown control EC2.99; `hubmend controls` lists the controls"},
		"a part of the page": {args: "controls EC2.13 --markdown", want: "leave out CONTROL"},
		"two formats": {args: "controls --json --markdown",
			want: "--json and --markdown do not go together"},
		"missing document":        {args: "lint " + nowhere, want: nowhere},
		"no models":               {args: "lint --venv " + nowhere, want: "make tools"},
		"no scenario":             {args: "lab run", want: "this command takes 1 or more arguments, not 0"},
		"missing scenario":        {args: "lab run " + nowhere, env: somePython, want: nowhere},
		"unknown key":             {args: "lab run " + unknown, env: somePython, want: "/events/0/import"},
		"missing second scenario": {args: "lab run " + good + " " + nowhere, env: somePython, want: nowhere},
		"no jobs":                 {args: "lab run --jobs 0 " + good, want: "--jobs 0: one at least"},
		"no folder to write to":   {args: "lab run --permissions " + nowhere + "/p.json " + good, want: nowhere},
		"missing Python": {args: "lab run --root " + nowhere + " " + good, env: noPython,
			want: `run "make tools"`},
		"no such Python": {args: "lab run " + good, env: []string{"HUBMEND_PYTHON=" + nowhere},
			want: "HUBMEND_PYTHON"},
		"port is no number":      {args: "lab up --port http", want: `"http"`},
		"parameter has no value": {args: "lab up --set X", want: `"X" sets nothing; write a value, such as CIS4142=ENABLED`},
		"no such parameter": {args: "lab up --set Nonsense=ENABLED", env: somePython,
			want: "unknown control group Nonsense; `hubmend controls` lists the groups of cis-1.2.0"},
		"almost a group": {args: "lab up --set CIS4124=ENABLED", env: somePython,
			want: "unknown control group CIS4124; did you mean CIS4142?"},
		"neither on nor off": {args: "lab up --set CIS4142AutoRemediation=on", env: somePython,
			want: `must be ENABLED or DISABLED, not "on"`},
		"nothing to click": {args: "lab click", want: "arg"},
		"click on no lab":  {args: "lab click --port 1 CIS4142 some-finding", want: "no lab responds on port 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := hubmend(t, tc.env, strings.Fields(tc.args)...)
			if code != exitUsage {
				t.Errorf("exits with %d, want %d", code, exitUsage)
			}
			if stdout != "" {
				t.Errorf("prints %q", stdout)
			}
			if strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "hubmend: ") ||
				!strings.Contains(stderr, tc.want) {
				t.Errorf("says %q, want one line that says %q", stderr, tc.want)
			}
		})
	}
}

func TestSuccess(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"": "Available Commands", "help lab up": "hubmend lab up", "help": "Exit codes",
		"completion": "Available Commands", "--version": "hubmend ", "--help": "Exit codes",
		"lab": "Available Commands", "lab schema": `"$schema"`,
		"controls":              "EC2.13",
		"controls EC2.13 KMS.4": "\nKMS.4  AWS KMS key rotation should be enabled\n  remediation Automatic rotation",
		"controls --markdown":   "# Controls", "finding EC2.13 --resource " + group: `"EC2.13"`,
		"controls ec2.13 2.8": "KMS.4  AWS KMS key rotation",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := hubmend(t, nil, strings.Fields(args)...)
			if code != 0 || stderr != "" || !strings.Contains(stdout, want) {
				t.Errorf("exits with %d, says %q, prints %q", code, stderr, stdout)
			}
		})
	}
}
