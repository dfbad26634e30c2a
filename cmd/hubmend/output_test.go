package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/finding"
	"hubmend/internal/lab/scenario"
)

// execute runs a command in this process and gives what it prints.
func execute(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := root()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetArgs(args)
	if err := cmd.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

var namedPart = regexp.MustCompile(`\{[A-Za-z]+\+?\}`)

// resourceOf fills the form of a control's resource.
func resourceOf(c catalog.Control, account, region string) string {
	own := map[string]string{"{partition}": "aws", "{account}": account, "{region}": region}
	return namedPart.ReplaceAllStringFunc(c.Resource.ID, func(name string) string {
		if value, ok := own[name]; ok {
			return value
		}
		return "some-name"
	})
}

// What `finding` prints is what dispatch acts on: for every control, in every form.
func TestFindingIsActedOn(t *testing.T) {
	t.Parallel()
	for _, control := range catalog.Embedded().Controls {
		for _, form := range []string{"consolidated", "standard", "legacy"} {
			t.Run(control.ID+" "+form, func(t *testing.T) {
				t.Parallel()
				resource := resourceOf(control, "222222222222", "eu-west-1")
				out := execute(t, "finding", control.ID, "--form", form, "--resource", resource, "--account",
					"222222222222", "--region", "eu-west-1")
				var documents []json.RawMessage
				if err := json.Unmarshal(out, &documents); err != nil || len(documents) != 1 {
					t.Fatalf("%d documents, %v", len(documents), err)
				}
				f, err := finding.Parse(documents[0])
				if err != nil {
					t.Fatal(err)
				}
				found, ok := catalog.Embedded().Control(f)
				if !ok || found.ID != control.ID {
					t.Errorf("the catalog takes it for %q", found.ID)
				}
				if _, _, err := control.Bind(f); err != nil {
					t.Error(err)
				}
				if f.Compliance != finding.Failed || f.Workflow != finding.New || f.RecordState != finding.Active {
					t.Errorf("it is %s, %s, %s", f.Compliance, f.Workflow, f.RecordState)
				}
			})
		}
	}
}

func TestFindingTakesAccountAndRegionFromTheARN(t *testing.T) {
	t.Parallel()
	var documents []json.RawMessage
	if err := json.Unmarshal(execute(t, "finding", "EC2.13", "--resource", group), &documents); err != nil {
		t.Fatal(err)
	}
	f, err := finding.Parse(documents[0])
	if err != nil || f.Account != "222222222222" || f.Region != "us-east-1" {
		t.Errorf("account %s, Region %s, %v", f.Account, f.Region, err)
	}
}

func TestFindingHasItsOwnID(t *testing.T) {
	t.Parallel()
	id := regexp.MustCompile(`"Id": "(.*/finding/.*)"`)
	one, two := id.FindSubmatch(execute(t, "finding", "EC2.13", "--resource", group)), id.FindSubmatch(execute(t,
		"finding", "EC2.13", "--resource", group))
	if one == nil || two == nil || bytes.Equal(one[1], two[1]) {
		t.Errorf("ids are %q and %q", one, two)
	}
}

func TestControlsJSON(t *testing.T) {
	t.Parallel()
	var rows []controlRow
	if err := json.Unmarshal(execute(t, "controls", "--json"), &rows); err != nil {
		t.Fatal(err)
	}
	c := catalog.Embedded()
	if len(rows) != len(c.Controls)+len(c.Guides) {
		t.Fatalf("%d rows", len(rows))
	}
	for _, r := range rows {
		guided := r.Automatic == manual
		_, offered := c.CustomActionFor(r.Control)
		if guided != (r.Guide != "") || guided != (r.Repair == "") || guided != (len(r.Policy) == 0) ||
			(offered && !guided) != (len(r.Playbooks) > 0) {
			t.Errorf("%s: %+v", r.Control, r)
		}
	}
}

// The listing of a standard has its controls in its order, with and without a runbook.
func TestControlsOfAStandard(t *testing.T) {
	t.Parallel()
	text := string(execute(t, "controls", "--standard", "CIS-1.2.0", "--output", "csv"))
	at := -1
	for _, line := range []string{"1.2,IAM.5,", "1.3,IAM.8,", "1.10,IAM.16,", "1.12,IAM.4,", "2.2,CloudTrail.4,",
		"4.3,EC2.2,"} {
		next := strings.Index(text, "\n"+line)
		if next <= at {
			t.Errorf("%s is at %d, and what should come before it at %d:\n%s", line, next, at, text)
		}
		at = next
	}
	if strings.Contains(text, "SQS.1") {
		t.Error("it lists SQS.1, which is not in the standard")
	}
}

func TestSchemaIsTheOneOfScenarios(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(string(scenario.Schema), string(execute(t, "lab", "schema"))); diff != "" {
		t.Error(diff)
	}
}

func TestPrintProblems(t *testing.T) {
	t.Parallel()
	some := []problem{{File: "a.yaml", Step: "close", Text: "no such API"}, {File: "b.yaml", Text: "no permission"}}
	for name, tc := range map[string]struct {
		problems []problem
		format   format
		want     string // a part of it
	}{
		"text": {some, formatTable,
			"a.yaml: step close: no such API\nb.yaml: no permission\n2 problems found.\n"},
		"nothing wrong": {nil, formatTable, "No problems found in "},
		"JSON": {some, formatJSON,
			`[{"file":"a.yaml","step":"close","text":"no such API"},{"file":"b.yaml","text":"no permission"}]` + "\n"},
		"empty JSON": {[]problem{}, formatJSON, "[]\n"},
		"CSV":        {some, formatCSV, "file,step,text\r\na.yaml,close,no such API\r\nb.yaml,,no permission\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := &cobra.Command{}
			var out bytes.Buffer
			cmd.SetOut(&out)
			if err := printProblems(cmd, tc.problems, nil, tc.format); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(out.String(), tc.want) {
				t.Errorf("prints %q", out.String())
			}
		})
	}
}

// A document of somebody else is checked without Hubmend's own rules.
func TestLintFile(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("needs botocore's models")
	}
	file := filepath.Join(t.TempDir(), "mine.yaml")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{schemaVersion: "0.3", mainSteps: [{name: nap, action: "aws:sleep", inputs: {Duration: PT1S}}]}`)
	if got, want := string(execute(t, "lint", "--venv", "../../.venv", file)),
		"No problems found in 1 document.\n"; got != want {
		t.Errorf("prints %q, want %q", got, want)
	}
	write(`{schemaVersion: "0.3", mainSteps: [{name: nap, action: "aws:slep", inputs: {Duration: PT1S}}]}`)
	cmd := root()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetArgs([]string{"lint", "--venv", "../../.venv", file})
	if err := cmd.ExecuteContext(t.Context()); !errors.Is(err, errFailed) {
		t.Errorf("it ends with %v", err)
	}
	got := out.String()
	if want := file + ": step nap: action \"aws:slep\" does not exist\n"; !strings.HasPrefix(got, want) {
		t.Errorf("prints %q, want %q", got, want)
	}
}

// The catalog of the repository is in order.
func TestLint(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("needs botocore's models")
	}
	if got := string(execute(t, "lint", "--json", "--venv", "../../.venv")); got != "[]\n" {
		t.Errorf("prints %s", got)
	}
}
