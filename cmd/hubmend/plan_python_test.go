package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hubmend/internal/lab/python"
)

// needed is all that `pip install boto3` installs.
var needed = []string{"boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six.py", "urllib3"}

// A plan needs no checkout, but a Python with boto3.
func TestPlanFromAnyFolder(t *testing.T) {
	t.Parallel()
	l := startPlanningLab(t)
	venv := filepath.Join(t.TempDir(), "venv")
	own, err := python.Find("../..")
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(own, "-m", "venv", "--without-pip", venv).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	env := slices.Concat(l.env("workload"), []string{
		python.EnvVar + "=", "XDG_CACHE_HOME=" + t.TempDir(), "PATH=" + filepath.Join(venv, "bin")})
	asked := []string{"plan", "--control", "EC2.13", "--resource", l.openGroup("web", 22)}

	code, stdout, stderr := hubmendIn(t, t.TempDir(), time.Minute, env, asked...)
	if code != 2 || stdout != "" ||
		!strings.Contains(stderr,
			"python3 has no boto3; run: hubmend lab setup\n") {
		t.Errorf("without boto3 it exits with %d, prints %q, says %q", code, stdout, stderr)
	}

	packages := func(root string) string {
		found, err := filepath.Glob(filepath.Join(root, "lib", "python3*", "site-packages"))
		if err != nil || len(found) != 1 {
			t.Fatal(found, err)
		}
		return found[0]
	}
	from := packages(filepath.Dir(filepath.Dir(own)))
	for _, name := range needed {
		if err := os.Symlink(filepath.Join(from, name), filepath.Join(packages(venv), name)); err != nil {
			t.Fatal(err)
		}
	}
	code, stdout, stderr = hubmendIn(t, t.TempDir(), time.Minute, env, asked...)
	if code != 0 || stderr != "" || !strings.Contains(stdout, "1. ec2:RevokeSecurityGroupIngress\n") {
		t.Errorf("it exits with %d, says %q, prints %s", code, stderr, stdout)
	}
}
