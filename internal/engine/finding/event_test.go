package finding_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"hubmend/internal/aws/partition"
	"hubmend/internal/engine/finding"
)

// imported is an event with one finding, changed by edits as consolidated is.
func imported(edits object) object {
	e := object{
		"version": "0", "id": "11111111-2222-4333-8444-555555555555", "source": "aws.securityhub",
		"time":        "2026-03-01T11:59:00Z",
		"detail-type": "Security Hub Findings - Imported", "account": "111111111111", "region": "eu-west-1",
		"resources": []string{"arn:aws:securityhub:eu-west-1::product/aws/securityhub/" + consolidatedID},
		"detail":    object{"findings": []object{consolidated(nil)}},
	}
	maps.Copy(e, edits)
	maps.DeleteFunc(e, func(_ string, v any) bool { return v == nil })
	return e
}

// importedV2 is an event of the new Security Hub with one finding, changed by edits.
func importedV2(edits object) object {
	return imported(merge(object{"detail-type": "Findings Imported V2", "resources": []string{hash},
		"detail": object{"findings": []object{open(nil)}}}, edits))
}

func customAction(arns ...string) object {
	return object{"detail-type": "Security Hub Findings - Custom Action", "resources": arns}
}

func TestParseEventAccepts(t *testing.T) {
	t.Parallel()
	const action = "arn:aws:securityhub:eu-west-1:111111111111:action/custom/CIS4142"
	big := consolidated(object{"Description": strings.Repeat("x", 240<<10)})
	for name, tc := range map[string]struct {
		edits    object
		trigger  finding.Trigger
		action   string
		findings int
	}{
		"imported":            {nil, finding.Automatic, "", 1},
		"custom action":       {customAction(action), finding.CustomAction, "CIS4142", 1},
		"the largest finding": {object{"detail": object{"findings": []object{big}}}, finding.Automatic, "", 1},
		"a finding that is none": {object{"detail": object{"findings": []any{1, "x", nil}}}, finding.Automatic, "",
			3},
		"remediate": {merge(customAction(action),
			object{"detail": object{"requestedBy": "arn:aws:sts::111111111111:assumed-role/Admin/ann@example.com",
				"findings": []object{{}}}}), finding.CommandLine, "CIS4142", 1},
		"imported asks for nobody": {object{"detail": object{"requestedBy": "ann", "findings": []object{{}}}},
			finding.Automatic, "", 1},
		"imported has no action": {object{"resources": []string{action}}, finding.Automatic, "", 1},
		"custom action on several": {merge(customAction(action),
			object{"detail": object{"actionName": "x", "findings": []object{{}, {}}}}), finding.CustomAction, "CIS4142",
			2},
		"custom action in GovCloud": {customAction(strings.Replace(action, "arn:aws:", "arn:aws-us-gov:", 1)),
			finding.CustomAction, "CIS4142", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := finding.ParseEvent(marshal(t, imported(tc.edits)))
			if err != nil {
				t.Fatal(err)
			}
			if (got.By != "") != (tc.trigger == finding.CommandLine) || got.By != "" &&
				got.By != "arn:aws:sts::111111111111:assumed-role/Admin/ann@example.com" {
				t.Errorf("asked by %q", got.By)
			}
			if want := time.Date(2026, 3, 1, 11, 59, 0, 999999999, time.UTC); !got.Time.Equal(want) {
				t.Errorf("time = %s, want the end of the second", got.Time)
			}
			if got.ID != "11111111-2222-4333-8444-555555555555" || got.Trigger != tc.trigger ||
				got.ActionID != tc.action || len(got.Findings) != tc.findings {
				t.Errorf("event = %s %s %q with %d findings, want %s %q with %d", got.ID, got.Trigger, got.ActionID,
					len(got.Findings), tc.trigger, tc.action, tc.findings)
			}
		})
	}
}

// The detail-type says in which format the findings are.
func TestEventParse(t *testing.T) {
	t.Parallel()
	big := open(object{"vendor_attributes": object{"x": strings.Repeat("x", 240<<10)}})
	for name, tc := range map[string]struct {
		event object
		ocsf  bool
	}{
		"imported":    {imported(nil), false},
		"imported V2": {importedV2(nil), true},
		"imported V2, of a person and an action that it cannot have": {importedV2(object{
			"resources": []string{"arn:aws:securityhub:eu-west-1:111111111111:action/custom/CIS4142"},
			"detail": object{"requestedBy": "arn:aws:sts::111111111111:assumed-role/Admin/ann",
				"findings": []object{open(nil)}}}), true},
		"imported V2, the largest": {importedV2(object{"detail": object{"findings": []object{big}}}), true},
	} {
		e, err := finding.ParseEvent(marshal(t, tc.event))
		if err != nil || e.OCSF != tc.ocsf || e.Trigger != finding.Automatic || e.ActionID != "" || e.By != "" {
			t.Errorf("%s: event = %+v, %v", name, e, err)
			continue
		}
		if f, err := e.Parse(e.Findings[0]); err != nil || f.ID != consolidatedID || (f.V2.UID != "") != tc.ocsf {
			t.Errorf("%s: finding = %+v, %v", name, f, err)
		}
	}
	refuseEvent(t, rawObject(t, importedV2(object{"detail": nested(10_000)})), "not an event")
}

func merge(a, b object) object {
	merged := maps.Clone(a)
	maps.Copy(merged, b)
	return merged
}

func TestParseEventRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		edits object
		want  string
	}{
		"another source":        {object{"source": "aws.config"}, "source"},
		"a source that is long": {object{"source": strings.Repeat("s", 100_000)}, "source"},
		"no source":             {object{"source": nil}, "source"},
		"no id":                 {object{"id": nil}, "no id"},
		"no time":               {object{"time": nil}, "no RFC 3339 time"},
		"time of another form":  {object{"time": "yesterday"}, "no RFC 3339 time"},
		"time that is long":     {object{"time": strings.Repeat("9", 100_000)}, "no RFC 3339 time"},
		"no detail":             {object{"detail": nil}, "no finding"},
		"no findings":           {object{"detail": object{"findings": []object{}}}, "no finding"},
		"findings null":         {object{"detail": object{"findings": nil}}, "no finding"},
		"findings a map":        {object{"detail": object{"findings": object{}}}, "not an event"},
		"insight results": {object{"detail-type": "Security Hub Insight Results",
			"detail": object{"insightResults": []object{{"sg-1": 3}}}}, "results of an insight"},
		"no detail-type":            {object{"detail-type": nil}, "detail-type"},
		"custom action without ARN": {customAction(), "does not name its action"},
		"custom action with two": {customAction("arn:aws:securityhub:eu-west-1:1:action/custom/A",
			"arn:aws:securityhub:eu-west-1:1:action/custom/B"), "does not name its action"},
		"custom action ARN cut": {customAction("arn:aws:securityhub:eu-west-1:111111111111:action/custom/"),
			"does not name its action"},
		"custom action other ARN": {customAction("arn:aws:securityhub:eu-west-1::product/aws/securityhub"),
			"does not name its action"},
		"requested by nobody known": {
			merge(customAction("arn:aws:securityhub:eu-west-1:111111111111:action/custom/A"),
				object{"detail": object{"requestedBy": "ann\n", "findings": []object{{}}}}),
			"not the ARN of an identity"},
		"resources a text": {object{"resources": "x"}, "not an event"},
		"too large":        {object{"x": strings.Repeat("x", finding.MaxEventBytes)}, "bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refuseEvent(t, marshal(t, imported(tc.edits)), tc.want)
		})
	}
	whole := string(marshal(t, imported(nil)))
	for name, text := range map[string]string{
		"nothing": "", "truncated": whole[:len(whole)/2], "truncated by one": whole[:len(whole)-1], "not JSON": "hello",
		"a list": "[" + whole + "]", "something behind it": whole + "x", "deep": strings.Repeat(`{"detail":`, 20_000),
	} {
		t.Run("JSON: "+name, func(t *testing.T) {
			t.Parallel()
			refuseEvent(t, []byte(text), "not an event")
		})
	}
}

func refuseEvent(t *testing.T, body []byte, want string) {
	t.Helper()
	_, err := finding.ParseEvent(body)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Fatalf("ParseEvent error = %v, want it to contain %q", err, want)
	}
	if n := len(err.Error()); n > 400 {
		t.Errorf("the reason has %d bytes; it repeats the event's text", n)
	}
}

// An action's id comes from an ARN, and goes into a note: only the whole ARN of an action counts.
func TestParseEventActionARN(t *testing.T) {
	t.Parallel()
	for name, arn := range map[string]string{
		"no ARN before it": "x:action/custom/CIS4142",
		"no account":       "arn:aws:securityhub:eu-west-1::action/custom/CIS4142",
		"no Region":        "arn:aws:securityhub::111111111111:action/custom/CIS4142",
		"break behind it":  "arn:aws:securityhub:eu-west-1:111111111111:action/custom/CIS4142\n",
		"id of 21":         "arn:aws:securityhub:eu-west-1:111111111111:action/custom/A23456789012345678901",
		"another service":  "arn:aws:sns:eu-west-1:111111111111:action/custom/CIS4142",
		"id of two parts":  "arn:aws:securityhub:eu-west-1:111111111111:action/custom/CIS4142/x",
		"id with a break":  "arn:aws:securityhub:eu-west-1:111111111111:action/custom/CIS\n4142",
		"id that is long":  "arn:aws:securityhub:eu-west-1:111111111111:action/custom/" + strings.Repeat("A", 5000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refuseEvent(t, marshal(t, imported(customAction(arn))), "does not name its action")
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(marshal(f, consolidated(nil))))
	f.Add([]byte(marshal(f,
		consolidated(object{
			"GeneratorId": "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0/rule/4.1",
			"Region":      nil}))))
	f.Add([]byte(marshal(f,
		consolidated(object{"Resources": []object{{"Type": "AwsAccount", "Id": "AWS::::Account:222222222222"}}}))))
	f.Add([]byte(`{"Id":{{"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := finding.Parse(json.RawMessage(raw))
		if err != nil {
			if got != (finding.Finding{}) {
				t.Errorf("Parse gave %+v with the error %v", got, err)
			}
			return
		}
		checkInvariants(t, got)
	})
}

// checkInvariants demands what the rest of Hubmend relies on.
func checkInvariants(t *testing.T, f finding.Finding) {
	t.Helper()
	p, ok := partition.Of(f.Region)
	if !ok || p.Name != f.Partition {
		t.Errorf("Region %q is not one of %q", f.Region, f.Partition)
	}
	if f.ProductARN != "arn:"+f.Partition+":securityhub:"+f.Region+"::product/aws/securityhub" {
		t.Errorf("ProductARN %q was accepted for %s", f.ProductARN, f.Region)
	}
	if !strings.HasPrefix(f.ID, "arn:"+f.Partition+":securityhub:"+f.Region+":"+f.Account+":") || len(f.ID) > 512 ||
		len(f.Account) != 12 {
		t.Errorf("Id %q was accepted for account %q", f.ID, f.Account)
	}
	for _, s := range []string{f.ID, f.GeneratorID, f.ControlID, f.ResourceID, f.ResourceType} {
		if strings.Contains(s, "{{") {
			t.Errorf("%q was accepted", s)
		}
	}
	for name, s := range map[string]string{"ResourceID": f.ResourceID, "ResourceType": f.ResourceType,
		"Workflow": f.Workflow, "RecordState": f.RecordState} {
		if s == "" {
			t.Errorf("%s is empty", name)
		}
	}
	if (f.Standard == "") != (f.Rule == "") {
		t.Errorf("standard %q with rule %q", f.Standard, f.Rule)
	}
}

func FuzzParseEvent(f *testing.F) {
	f.Add([]byte(marshal(f, imported(nil))))
	f.Add([]byte(marshal(f,
		imported(customAction("arn:aws:securityhub:eu-west-1:111111111111:action/custom/CIS4142")))))
	f.Add([]byte(`{"source":"aws.securityhub","id":"1","time":"2026-03-01T11:59:00Z","detail":{"findings":[null]}}`))
	f.Add([]byte(marshal(f, importedV2(nil))))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := finding.ParseEvent(body)
		if err != nil {
			return
		}
		if e.ID == "" || len(e.Findings) == 0 || len(e.Findings) > finding.MaxFindings {
			t.Errorf("accepted an event with id %q and %d findings", e.ID, len(e.Findings))
		}
		if (e.Trigger == finding.CustomAction) != (e.ActionID != "") || e.Trigger != finding.CustomAction &&
			e.Trigger != finding.Automatic || e.OCSF && e.Trigger != finding.Automatic {
			t.Errorf("trigger %q with action %q", e.Trigger, e.ActionID)
		}
		if e.Time.IsZero() {
			t.Error("accepted an event without a time")
		}
		for _, raw := range e.Findings {
			if got, err := e.Parse(raw); err == nil {
				checkInvariants(t, got)
			}
		}
	})
}
