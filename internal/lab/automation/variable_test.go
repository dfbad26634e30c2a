package automation_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/smithy-go"

	"hubmend/internal/lab/automation"
)

// remembering reads, keeps what was read when that succeeded, and uses it in any case.
const remembering = `
schemaVersion: "0.3"
variables:
  kept: {type: StringMap, default: {}}
  list: {type: StringList, default: []}
  text: {type: String, default: none}
mainSteps:
  - name: read
    action: aws:executeAwsApi
    onFailure: step:use
    isCritical: false
    inputs: {Service: iam, Api: Read}
    outputs: [{Name: Found, Selector: $.Found, Type: StringMap}, {Name: Texts, Selector: $.Texts, Type: StringList}]
  - name: keep
    action: aws:updateVariable
    inputs: {UPDATE}
  - name: use
    action: aws:executeAwsApi
    inputs: {Service: iam, Api: Use, Kept: "{{ variable:kept }}", List: "{{ variable:list }}", Text: "<{{ variable:text }}>"}
`

func TestVariables(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 513)
	for name, tc := range map[string]struct {
		update, found string // found is the answer of Read; empty when it fails
		used          string
		failure       string
	}{
		"the default": {update: `Name: "variable:kept", Value: "{{ read.Found }}"`,
			used: `{"Kept":{},"List":[],"Text":"\u003cnone\u003e"}`},
		"a map": {`Name: "variable:kept", Value: "{{ read.Found }}"`, `{"Found": {"a": 1}}`,
			`{"Kept":{"a":1},"List":[],"Text":"\u003cnone\u003e"}`, ""},
		"a list": {`Name: "variable:list", Value: "{{ read.Texts }}"`, `{"Texts": ["a", "b"]}`,
			`{"Kept":{},"List":["a","b"],"Text":"\u003cnone\u003e"}`, ""},
		"a text": {`Name: "variable:text", Value: some`, `{}`,
			`{"Kept":{},"List":[],"Text":"\u003csome\u003e"}`, ""},
		"another type": {`Name: "variable:kept", Value: some`, `{}`, "",
			"value of variable:kept: some is not of type StringMap"},
		"nothing": {`Name: "variable:kept", Value: "{{ read.Found }}"`, `{}`, "",
			"value of variable:kept: {{ read.Found }} is not of type StringMap"},
		"not declared": {`Name: "variable:other", Value: some`, `{}`, "",
			"must be variable:<name> of a variable that the document declares, not variable:other"},
		"without a prefix": {`Name: kept, Value: some`, `{}`, "", "must be variable:<name>"},
		"an empty text": {`Name: "variable:text", Value: ""`, `{}`, `{"Kept":{},"List":[],"Text":"\u003c\u003e"}`,
			""},
		"a long text": {`Name: "variable:text", Value: ` + long, `{}`, "", "has 513 characters, but may have 512"},
		"a long list": {`Name: "variable:list", Value: "{{ read.Texts }}"`,
			`{"Texts": ["a"` + strings.Repeat(`,"a"`, 50) + `]}`, "", "has 51 items, but may have 50"},
		"another input": {`Name: "variable:text", Value: some, When: now`, `{}`, "",
			"input When of aws:updateVariable is not supported"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{api: answer(tc.found)}
			if tc.found == "" {
				w.api = func(_ context.Context, call int, _ string, _ map[string]any) (any, error) {
					if call == 1 {
						return nil, &smithy.GenericAPIError{Code: "NoSuchEntity", Message: "none"}
					}
					return "{}", nil
				}
			}
			got := execute(t, strings.Replace(remembering, "UPDATE", tc.update, 1), w)
			if !strings.Contains(got.FailureMessage, tc.failure) ||
				(tc.failure == "") != (got.Status == automation.Success) {
				t.Errorf("ended %s: %s; want %q", got.Status, got.FailureMessage, tc.failure)
			}
			if last := w.calls[len(w.calls)-1]; tc.used != "" && last != "iam:Use "+tc.used {
				t.Errorf("last call %s, want %s", last, tc.used)
			}
		})
	}
}

func TestVariableDefaultHasItsType(t *testing.T) {
	t.Parallel()
	w := &world{}
	got := execute(t, "schemaVersion: \"0.3\"\nvariables: {kept: {type: StringMap}}\nmainSteps: []\n", w)
	if got.Status != automation.Failed || !strings.Contains(got.FailureMessage, "default of variable kept") {
		t.Errorf("ended %s: %s", got.Status, got.FailureMessage)
	}
}
