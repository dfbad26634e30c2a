package scripts_test

import (
	"bytes"
	"compress/zlib"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"hubmend/internal/aws/readonly"
	"hubmend/internal/catalog"
	"hubmend/internal/lab/python"
)

// stage makes AWS of a table: each call has its answers, of which the last is given for ever. A text is the
// code of an error. Nothing waits, and it is noon.
const stage = `
import base64
import datetime as dates
import zlib

if "datetime" in globals():
    datetime = type("Noon", (dates.datetime,), {"now": classmethod(lambda cls, zone: dates.datetime(2026, 6, 1, 12, tzinfo=zone))})


def parsed(value):
    """Make what botocore makes of an answer, which has times."""
    if isinstance(value, dict):
        return {key: parsed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [parsed(item) for item in value]
    try:
        return dates.datetime.strptime(value, "%Y-%m-%dT%H:%M:%S%z")
    except (TypeError, ValueError):
        return value


def played(events, context):
    """Return what all plays did, small: one answer of a script has a limit, which is meant for one run."""
    text = json.dumps([play(one, context) for one in events["plays"]], default=str, sort_keys=True, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode())).decode()


def play(one, context):
    made = []

    class Client:
        def __init__(self, service):
            self.service = service
            self.meta = type("Meta", (), {"events": type("Events", (), {"register": lambda *_: None})})

        def can_paginate(self, _):
            return False

        def __getattr__(self, method):
            def call(**parameters):
                name = next(name for name in one["Answers"] if name.split(":")[0] == self.service and botocore.xform_name(name.split(":")[1]) == method)
                answers = one["Answers"][name]
                made.append({"Call": name, "Parameters": parameters})
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                if isinstance(answer, str):
                    raise ClientError({"Error": {"Code": answer, "Message": "no"}}, name)
                return parsed(answer)
            return call

    boto3.client, time.sleep = lambda service, **_: Client(service), lambda _: None
    try:
        value = handler(one["Events"], context)
    except Failure as failure:
        return {"Error": str(failure), "Made": made}
    return {**value, "Made": made} | {name: json.loads("".join(value[name])) for name in ("Before", "After", "Planned")}
`

const repairID = "0b0a7756-0ea4-451a-a703-a558b933e274"

// texts writes an output as Automation does: a map is a text of JSON, and a list one for each item.
func texts[T any](t *testing.T, items ...T) []string {
	t.Helper()
	all := []string{}
	for _, item := range items {
		text, err := json.Marshal(item)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(text))
	}
	return all
}

// play is a run of a document's script.
type play struct {
	Events  map[string]any
	Answers map[string][]any
}

// mode is the Mode of a plan or of a run.
func mode(planning bool) string {
	if planning {
		return "plan"
	}
	return "repair"
}

// call is one that a script made, or that its plan did not.
type call struct {
	Call       string
	Parameters json.RawMessage
}

type played struct {
	Error         string // the failure message
	Change        string
	Before, After json.RawMessage
	Made          []call // that reached AWS
	Planned       []call
	Lost          []string
}

// home is where scripts run: Systems Manager's variables.
func home(region, partition string) map[string]string {
	return map[string]string{"global:ACCOUNT_ID": "111111111111", "global:REGION": region,
		"global:AWS_PARTITION": partition, "automation:EXECUTION_ID": repairID}
}

// plays runs a document's script, as it is deployed, several times.
func plays(t *testing.T, document string, all ...play) []played {
	t.Helper()
	return playsIn(t, home("us-east-1", "aws"), document, all...)
}

func playsIn(t *testing.T, home map[string]string, document string, all ...play) []played {
	t.Helper()
	config, script := interpreter(t), scriptOf(t, document, "run")
	script.Text, script.Handler, script.Context = script.Text+stage, "played", home
	var packed []byte
	if err := run(t.Context(), config, script, map[string]any{"plays": all}, &packed); err != nil {
		t.Fatal(err)
	}
	unpacked, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	defer unpacked.Close()
	var done []played
	if err := json.NewDecoder(unpacked).Decode(&done); err != nil {
		t.Fatal(err)
	}
	if len(done) != len(all) {
		t.Fatalf("%d answers to %d plays", len(done), len(all))
	}
	for i, p := range done {
		if writes := p.writes(); all[i].Events["Mode"] == "plan" && len(writes) > 0 {
			t.Errorf("the plan made %v", writes)
		}
		ownBuckets(t, home, slices.Concat(p.Made, p.Planned))
	}
	return done
}

// ownBuckets requires that every call for a bucket names its expected owner.
func ownBuckets(t *testing.T, home map[string]string, calls []call) {
	t.Helper()
	for _, c := range calls {
		var given struct{ ExpectedBucketOwner string }
		input(t, []call{c}, c.Call, &given)
		if strings.HasPrefix(c.Call, "s3:") && c.Call != "s3:CreateBucket" &&
			given.ExpectedBucketOwner != home["global:ACCOUNT_ID"] {
			t.Errorf("%s expects the owner %q", c.Call, given.ExpectedBucketOwner)
		}
	}
}

// writes names the calls that reached AWS and are not known to read only.
func (p played) writes() []string {
	return slices.DeleteFunc(names(p.Made), func(name string) bool {
		service, api, _ := strings.Cut(name, ":")
		return readonly.Call(service, api)
	})
}

// refused demands that a script refuses, before it changes anything.
func (p played) refused(t *testing.T, says string) {
	t.Helper()
	if !strings.HasPrefix(p.Error, "hubmend:refused ") || !strings.Contains(p.Error, says) || len(p.Planned) > 0 {
		t.Errorf("error = %q, planned %v; want a refusal that says %q", p.Error, p.Planned, says)
	}
}

// input decodes the parameters of a call. It does not change into if the call was not made.
func input(t *testing.T, calls []call, name string, into any) {
	t.Helper()
	for _, c := range calls {
		if c.Call != name {
			continue
		}
		if err := json.Unmarshal(c.Parameters, into); err != nil {
			t.Fatal(err)
		}
	}
}

// says demands what a failure says, from its beginning.
func (p played) says(t *testing.T, text string) {
	t.Helper()
	if !strings.HasPrefix(p.Error, text) {
		t.Errorf("error = %q, want it to begin with %q", p.Error, text)
	}
}

// stepped is Systems Manager's record of a repair by a document of steps: each output is a text of JSON, from
// the step that it names.
func stepped(t *testing.T, document, step string, before, after any, parameters map[string][]string) map[string]any {
	t.Helper()
	record := repaired(t, document, before, after, parameters)
	record["AutomationExecution"].(map[string]any)["Outputs"] = map[string]any{step + ".Before": texts(t, before),
		step + ".After": texts(t, after), step + ".Change": []string{"Did it."}}
	return record
}

func names(calls []call) []string {
	all := []string{}
	for _, c := range calls {
		all = append(all, c.Call)
	}
	return all
}

// tried runs several plays for each case of a table, all in one process, and hands them over case by case.
func tried[C any](t *testing.T, document string, cases map[string]C, of func(C) []play,
	check func(*testing.T, C, []played)) {
	t.Helper()
	var all []play
	ordered := slices.Sorted(maps.Keys(cases))
	for _, name := range ordered {
		all = append(all, of(cases[name])...)
	}
	done := plays(t, document, all...)
	each := len(all) / len(ordered)
	for i, name := range ordered {
		t.Run(name, func(t *testing.T) { check(t, cases[name], done[i*each:(i+1)*each]) })
	}
}

// repaired is Systems Manager's record of a repair by a program.
func repaired(t *testing.T, document string, before, after any, parameters map[string][]string) map[string]any {
	t.Helper()
	return map[string]any{"AutomationExecution": map[string]any{
		"DocumentName": "hubmend-" + document, "AutomationExecutionStatus": "Success", "Parameters": parameters,
		"Outputs": map[string]any{"run.Before": texts(t, before), "run.After": texts(t, after),
			"run.Change": []string{"Did it."}},
	}}
}

// repairedBySteps is the record of a repair by a document of steps, which programs replaced: an output that is a list
// has a text for each item.
func repairedBySteps(document string, before, after []string, parameters map[string][]string) map[string]any {
	return map[string]any{"AutomationExecution": map[string]any{
		"DocumentName": "hubmend-" + document, "AutomationExecutionStatus": "Success", "Parameters": parameters,
		"Outputs": map[string]any{"decide.Before": before, "decide.After": after, "decide.Change": []string{"Did it."}},
	}}
}

// undoing makes the plan and the run of an undo of a repair.
func undoing(record map[string]any, answers map[string][]any) []play {
	answers = maps.Clone(answers)
	answers["ssm:GetAutomationExecution"] = []any{record}
	return []play{
		{map[string]any{"ExecutionId": repairID, "Mode": "plan"}, answers},
		{map[string]any{"ExecutionId": repairID}, answers},
	}
}

// The documents of programs have what Systems Manager and the linter cannot tell: they compile on every
// runtime there is here, and have nothing of the program that the runtime gives.
func TestProgramsAreWhole(t *testing.T) {
	t.Parallel()
	for _, r := range catalog.Embedded().Runbooks {
		document := r.Name
		t.Run(document, func(t *testing.T) {
			t.Parallel()
			script := scriptOf(t, document, "run")
			if strings.Contains(script.Text, "hubmend_runtime") {
				t.Error("the script imports the runtime, which it has")
			}
			_, err := python.RunScript(t.Context(), interpreter(t),
				python.Script{Text: script.Text, Handler: script.Handler})
			var raised *python.ScriptError
			if !errors.As(err, &raised) || raised.Type == "SyntaxError" || raised.Type == "NameError" ||
				raised.Type == "ImportError" {
				t.Errorf("without parameters: %v", err)
			}
		})
	}
}

// sorted writes JSON with its keys in order.
func sorted(t *testing.T, text json.RawMessage) string {
	t.Helper()
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	written, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(written)
}
