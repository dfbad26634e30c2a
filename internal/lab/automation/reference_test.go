package automation_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab/automation"
)

// referring is a document whose last step passes VALUE to an API.
const referring = `
schemaVersion: "0.3"
parameters:
  Given: {type: String}
  List: {type: StringList, default: [a, b]}
  Number: {type: Integer, default: 22}
  Flag: {type: Boolean, default: true}
  Map: {type: StringMap, default: {k: 1}}
  Maps: {type: MapList, default: [{k: "<"}]}
mainSteps:
  - name: read
    action: aws:executeAwsApi
    inputs: {Service: ec2, Api: Read}
    outputs:
      - {Name: Name, Selector: $.Name, Type: String}
      - {Name: Unset, Selector: $.Missing, Type: String}
  - name: failing
    action: aws:executeAwsApi
    onFailure: Continue
    inputs: {Service: ec2, Api: Fail}
    outputs: [{Name: Name, Selector: $.Name, Type: String}]
  - name: use
    action: aws:executeAwsApi
    inputs: {Service: ec2, Api: Use, Value: VALUE}
`

func TestReferences(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		value   string
		want    string // the parameters of the call, as JSON
		failure string
	}{
		"text":                         {value: `"{{ Given }}"`, want: `{"Value":"it {{ List }}"}`},
		"text, no spaces":              {value: `"{{Given}}"`, want: `{"Value":"it {{ List }}"}`},
		"list":                         {value: `"{{ List }}"`, want: `{"Value":["a","b"]}`},
		"integer":                      {value: `"{{ Number }}"`, want: `{"Value":22}`},
		"boolean":                      {value: `"{{ Flag }}"`, want: `{"Value":true}`},
		"map":                          {value: `"{{ Map }}"`, want: `{"Value":{"k":1}}`},
		"map list":                     {value: `"{{ Maps }}"`, want: `{"Value":[{"k":"\u003c"}]}`},
		"list in a list is not spread": {value: `["{{ List }}"]`, want: `{"Value":[["a","b"]]}`},
		"deep": {value: `{a: [{b: "{{ Number }}"}], c: 1.5, d: false}`,
			want: `{"Value":{"a":[{"b":22}],"c":1.5,"d":false}}`},
		"embedded": {
			value: `"n={{ Number }} f={{ Flag }} l={{ List }} m={{ Maps }} {{ read.Name }}"`,
			want:  `{"Value":"n=22 f=true l=[\"a\",\"b\"] m=[{\"k\":\"\u003c\"}] web"}`},
		"space around is embedded": {value: `" {{ Number }}"`, want: `{"Value":" 22"}`},
		"two references":           {value: `"{{ Number }}{{ Number }}"`, want: `{"Value":"2222"}`},
		"output":                   {value: `"{{ read.Name }}"`, want: `{"Value":"web"}`},
		"unset under a key":        {value: `"{{ read.Unset }}"`, want: `{"Value":"{{ read.Unset }}"}`},
		"unset, as it is written":  {value: `"{{read.Unset}}"`, want: `{"Value":"{{read.Unset}}"}`},
		"unset in a list":          {value: `["{{ read.Unset }}"]`, want: `{"Value":["{{ read.Unset }}"]}`},
		"unset embedded": {value: `"<{{ read.Unset }}>"`,
			want: `{"Value":"\u003c{{ read.Unset }}\u003e"}`},
		"system": {
			value: `"{{global:ACCOUNT_ID}} {{ global:REGION }} {{global:AWS_PARTITION}} {{automation:EXECUTION_ID}}"`,
			want:  `{"Value":"222222222222 eu-west-1 aws 8d1f8c0e-0000-4000-8000-000000000001"}`},
		"time": {value: `"{{ global:DATE }} {{ global:DATE_TIME }}"`,
			want: `{"Value":"2026-01-05 2026-01-05_23.04.05"}`},
		"braces around no name":   {value: `'{{ "a": 1 }}'`, want: `{"Value":"{{ \"a\": 1 }}"}`},
		"undefined":               {value: `"{{ Nobody }}"`, failure: "{{ Nobody }} is not defined"},
		"undefined, embedded":     {value: `"x {{ Nobody }}"`, failure: "{{ Nobody }} is not defined"},
		"undefined, in a list":    {value: `["{{ Nobody }}"]`, failure: "{{ Nobody }} is not defined"},
		"undefined output":        {value: `"{{ read.Nothing }}"`, failure: "{{ read.Nothing }} is not defined"},
		"output of a failed step": {value: `"{{ failing.Name }}"`, want: `{"Value":"{{ failing.Name }}"}`},
		"output of itself":        {value: `"{{ use.Name }}"`, failure: "{{ use.Name }} is not defined"},
		"part of a value": {value: `"{{ read.Name.First }}"`,
			failure: "{{ read.Name.First }} is not defined"},
		"Parameter Store":         {value: `"{{ ssm:/a/b }}"`, failure: "{{ ssm:/a/b }} is not defined"},
		"variable":                {value: `"{{ variable:x }}"`, failure: "{{ variable:x }} is not defined"},
		"unknown system variable": {value: `"{{ global:NONE }}"`, failure: "{{ global:NONE }} is not defined"},
		"loop value outside a loop": {value: `"{{ loop.CurrentIteration }}"`,
			failure: "{{ loop.CurrentIteration }} is not defined"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{
				clock:      &fastClock{now: time.Date(2026, 1, 6, 1, 4, 5, 0, time.FixedZone("", 2*60*60))},
				parameters: map[string][]string{"Given": {"it {{ List }}"}},
				api: func(_ context.Context, _ int, api string, _ map[string]any) (any, error) {
					if api == "Fail" {
						return nil, errDisconnected
					}
					return `{"Name": "web"}`, nil
				},
			}
			got := execute(t, strings.ReplaceAll(referring, "VALUE", test.value), w)
			if test.failure != "" {
				wantFailure(t, got, test.failure)
				if len(w.calls) != 2 {
					t.Errorf("calls %v; want none for the step that failed", w.calls)
				}
				return
			}
			if got.Status != automation.Success {
				t.Fatalf("status %s: %s", got.Status, got.FailureMessage)
			}
			if diff := cmp.Diff("ec2:Use "+test.want, w.calls[2]); diff != "" {
				t.Errorf("call (-want +got):\n%s", diff)
			}
		})
	}
}
