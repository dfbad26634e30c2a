package scenario_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hubmend/internal/lab"
	"hubmend/internal/lab/scenario"
)

// Notifications and events are compared with the expected ones. Their sender makes no difference here.
func TestTold(t *testing.T) {
	t.Parallel()
	c := config(t)
	backend, err := lab.StartBackend(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	c.Backend = backend
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "message.txt"), []byte("Two lines\nof text"), 0o600); err != nil {
		t.Fatal(err)
	}
	const opened = `{"version":"1.0","id":"b5f9c5a0-54a7-5c35-9b43-9f7d0d8f2f0e","state":"CLOSED","control":{"id":"EC2.13","reversible":true},"failed":[]}`
	put := func(source, kind, detail string) string {
		return "  - {service: events, api: PutEvents, input: {Entries: [{Source: " + source + ", DetailType: " + kind +
			", Detail: '" + detail + "'}]}}\n"
	}
	const head = "name: x\nproduct: ''\nadmin: {QueueName: deep}\nseed:\n" +
		"  - {name: topic, service: sns, api: CreateTopic, input: {Name: t}}\n" +
		"  - {service: sns, api: Publish, input: {TopicArn: '${topic.TopicArn}', Subject: One, Message: '${file:message.txt}'}}\n"
	for name, tc := range map[string]struct {
		more, expect string
		failed       string // a part of what an expectation got instead; empty: all hold
		err          string // instead of a result
	}{
		"said":               {"", "{notification: {subject: On, body: [Two, 'of text']}}", "", ""},
		"not all of it said": {"", "{notification: {subject: One, body: [Two, three]}}", "Two lines", ""},
		"another subject":    {"", "{notification: {subject: Two, body: [Two]}}", "null", ""},
		"filled in":          {"", "{notification: {subject: One, body: ['${file:message.txt}']}}", "", ""},
		"no such file": {"", "{notification: {subject: One, body: ['${file:nothing.txt}']}}", "",
			"nothing.txt"},
		"nothing announced": {"", "{announced: []}", "", ""},
		"announced": {put("hubmend", "Hubmend Breaker State Change", opened),
			"{announced: [{state: CLOSED, control: {id: EC2.13}}]}", "", ""},
		"announced, not all of it": {put("hubmend", "Hubmend Breaker State Change", opened), "{announced: []}",
			"CLOSED EC2.13", ""},
		"announced, something else": {put("hubmend", "Hubmend Breaker State Change", opened),
			"{announced: [{state: OPENED}]}", "nothing like", ""},
		"announced by another": {put("somebody", "Hubmend Breaker State Change", opened), "{announced: []}", "",
			""},
		"not as documented": {put("hubmend", "Hubmend Breaker State Change", `{"state":"AJAR"}`),
			"{announced: [{state: AJAR}]}", "AJAR", ""},
		"of an unknown type": {put("hubmend", "Hubmend Weather", `{"state":"FINE"}`),
			"{announced: [{state: FINE}]}", "Hubmend Weather", ""},
		"a subject with a newline": {
			"  - {service: sns, api: Publish, input: {TopicArn: '${topic.TopicArn}', Subject: \"a\\nb\", Message: m}}\n", "{alarms: []}", "", "Invalid parameter: Subject"},
		"a subject that is too long": {
			"  - {service: sns, api: Publish, input: {TopicArn: '${topic.TopicArn}', Subject: " + strings.Repeat("s",
				100) + ", Message: m}}\n",
			"{alarms: []}", "", "Invalid parameter: Subject"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(dir, "scenario.yaml")
			if err := os.WriteFile(file, []byte(head+tc.more+"expect: ["+tc.expect+"]\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := scenario.Load(file)
			if err != nil {
				t.Fatal(err)
			}
			r, err := scenario.Run(t.Context(), s, c, scenario.Hooks{})
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Errorf("Run = %v, want an error that says %s", err, tc.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, v := range r.Verdicts {
				got = append(got, v.Got)
			}
			if r.Passed != (tc.failed == "") || !strings.Contains(strings.Join(got, "\n"), tc.failed) {
				t.Errorf("passed is %t: %+v", r.Passed, r.Verdicts)
			}
		})
	}
}
