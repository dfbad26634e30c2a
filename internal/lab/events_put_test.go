package lab_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab"
)

func put(more object) object {
	e := object{"Source": "shop", "DetailType": "Sold",
		"Detail": `{"item": "a \"wide\" hat", "price": 12.5, "tags": ["x"]}`}
	for name, value := range more {
		e[name] = value
	}
	return e
}

// Events that somebody puts go the way of those of AWS, and what is wrong with one keeps no other back.
func TestPutEvents(t *testing.T) {
	t.Parallel()
	sold := object{"source": []any{"shop"}, "account": []any{admin}}
	w := up(t, stacks{admin: resources{
		"Default": queue("default"), "DefaultPolicy": allow("default", "arn:aws:events:*"),
		"OnDefault": resource("AWS::Events::Rule",
			object{"EventPattern": sold, "Targets": []any{object{"Id": "t", "Arn": queueARN("default")}}}),
		"Own": queue("own"), "OwnPolicy": allow("own", "arn:aws:events:*"),
		"Bus":   resource("AWS::Events::EventBus", object{"Name": "shop"}),
		"OnOwn": onBus("shop", "own", sold, object{"Id": "t", "Arn": queueARN("own")}),
	}})
	out := w.call(t, admin, "events", "PutEvents", object{"Entries": []any{
		put(nil), put(object{"EventBusName": "shop", "Resources": []any{"hat"}, "Time": "2026-01-01T00:00:00Z"}),
		put(object{"EventBusName": busARN("shop"), "DetailType": "Returned"}),
		put(object{"EventBusName": "nobody"}),
		put(object{"EventBusName": "arn:aws:events:us-east-1:" + member + ":event-bus/default"}),
		put(object{"Detail": "[1]"}), put(object{"Detail": "{"}), put(object{"Source": "aws.s3"}),
		put(object{"DetailType": ""}),
	}})
	w.quiet(t)
	if diff := cmp.Diff([]string{admin + " Sold"}, w.received(t, "default")); diff != "" {
		t.Errorf("on the default bus (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{admin + " Returned", admin + " Sold"}, w.received(t, "own")); diff != "" {
		t.Errorf("on the bus of their own (-want +got):\n%s", diff)
	}
	var codes []string
	for _, e := range out["Entries"].([]any) {
		code, _ := at(e, "ErrorCode").(string)
		if id, _ := at(e, "EventId").(string); (id == "") == (code == "") {
			t.Errorf("entry %v", e)
		}
		codes = append(codes, code)
	}
	want := []string{"", "", "", "ResourceNotFoundException", "ResourceNotFoundException", "MalformedDetail",
		"MalformedDetail", "NotAuthorizedForSourceException", "InvalidArgument"}
	if diff := cmp.Diff(want, codes); diff != "" {
		t.Errorf("codes (-want +got):\n%s", diff)
	}
	events := w.PutEvents()
	if len(events) != 3 || events[2].Bus != "shop" || events[2].Account != admin ||
		events[2].DetailType != "Returned" || events[2].Detail["price"] != 12.5 {
		t.Errorf("events %+v", events)
	}
	for name, entries := range map[string][]any{
		"none": {}, "too many": {put(nil), put(nil), put(nil), put(nil), put(nil), put(nil), put(nil), put(nil),
			put(nil), put(nil), put(nil)},
		"too large": {put(object{"Detail": `{"a":"` + strings.Repeat("a", 200<<10) + `"}`}),
			put(object{"Detail": `{"a":"` + strings.Repeat("a", 60<<10) + `"}`})},
	} {
		_, err := w.Call(t.Context(),
			lab.Call{Account: admin, Region: home, Service: "events", API: "PutEvents",
				Input: object{"Entries": entries}})
		if err == nil {
			t.Errorf("%s is no error", name)
		}
	}
}

// topicPolicy lets EventBridge publish to the topic chat.
func topicPolicy(condition object) object {
	s := object{"Effect": "Allow", "Principal": object{"Service": "events.amazonaws.com"}, "Action": "sns:Publish",
		"Resource": object{"Ref": "Topic"}}
	if condition != nil {
		s["Condition"] = condition
	}
	return resource("AWS::SNS::TopicPolicy",
		object{"Topics": []any{object{"Ref": "Topic"}}, "PolicyDocument": statement(s)})
}

// A target gets what its transformer makes of an event. Nothing is escaped, so what breaks the JSON of a
// template goes nowhere.
func TestInputTransformer(t *testing.T) {
	t.Parallel()
	rule := func(template string) object {
		return resource("AWS::Events::Rule",
			object{"EventPattern": object{"source": []any{"shop"}},
				"Targets": []any{object{"Id": "t", "Arn": object{"Ref": "Topic"}, "InputTransformer": object{
					"InputPathsMap": object{"item": "$.detail.item", "price": "$.detail.price", "tags": "$.detail.tags",
						"none": "$.detail.none", "type": "$.detail-type"}, "InputTemplate": template,
				}}}})
	}
	w := up(t, stacks{admin: resources{
		"Topic": resource("AWS::SNS::Topic", object{"TopicName": "chat"}), "TopicPolicy": topicPolicy(nil),
		"A": rule(`{"text": "<type> for <price>", "item": <item>, "price": <price>, "tags": <tags>, "none": "<none>", "quote": "\"<type>"}`),
		"B": rule(`"<item>"`),
		"C": rule(`{"text": "<item>"}`),
	}})
	w.call(t, admin, "events", "PutEvents", object{"Entries": []any{put(nil)}})
	w.quiet(t)
	var got []string
	for _, n := range w.Notices() {
		got = append(got, n.Message)
	}
	want := []string{
		`"a "wide" hat"`,
		`{"text": "Sold for 12.5", "item": "a \"wide\" hat", "price": 12.5, "tags": ["x"], "none": "", "quote": "\"Sold"}`,
	}
	if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	if problems := w.problems(); len(problems) != 1 ||
		!strings.Contains(problems[0], `makes no JSON of the event: {"text": "a "wide" hat"}`) {
		t.Errorf("problems: %q", problems)
	}
}

// EventBridge tells a topic nothing of the rule, so that a condition never holds.
func TestTopicPolicies(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		policy    object
		delivered bool
	}{
		"none":                {nil, false},
		"without a condition": {topicPolicy(nil), true},
		"of rules":            {topicPolicy(object{"ArnLike": object{"aws:SourceArn": "arn:aws:events:*"}}), false},
		"of the own account":  {topicPolicy(object{"StringEquals": object{"aws:SourceAccount": admin}}), false},
		"for something else": {resource("AWS::SNS::TopicPolicy",
			object{"Topics": []any{object{"Ref": "Topic"}},
				"PolicyDocument": statement(object{"Effect": "Allow",
					"Principal": object{"Service": "cloudwatch.amazonaws.com"}, "Action": "sns:Publish",
					"Resource": "*"})}), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stack := resources{
				"Topic": resource("AWS::SNS::Topic", object{"TopicName": "chat"}),
				"Rule": onBus("default", "tell", object{"source": []any{"shop"}},
					object{"Id": "t", "Arn": object{"Ref": "Topic"}}),
			}
			if tc.policy != nil {
				stack["TopicPolicy"] = tc.policy
			}
			w := up(t, stacks{admin: stack})
			w.call(t, admin, "events", "PutEvents", object{"Entries": []any{put(nil)}})
			w.quiet(t)
			if delivered := len(w.Notices()) == 1; delivered != tc.delivered || delivered == (len(w.problems()) > 0) {
				t.Errorf("delivered: %t, problems %q", delivered, w.problems())
			}
		})
	}
}

// A policy that is deleted lets EventBridge no longer.
func TestTopicPolicyGoes(t *testing.T) {
	t.Parallel()
	arn := "arn:aws:sns:us-east-1:" + admin + ":chat"
	w := up(t, stacks{admin: resources{
		"Topic": resource("AWS::SNS::Topic", object{"TopicName": "chat"}),
		"Rule": onBus("default", "tell", object{"source": []any{"shop"}},
			object{"Id": "t", "Arn": object{"Ref": "Topic"}}),
	}})
	body, err := json.Marshal(
		object{"Resources": object{"P": object{"Type": "AWS::SNS::TopicPolicy",
			"Properties": object{"Topics": []any{arn}, "PolicyDocument": statement(
				object{"Effect": "Allow", "Principal": object{"Service": "events.amazonaws.com"},
					"Action":   "sns:Publish",
					"Resource": arn})}}}})
	if err != nil {
		t.Fatal(err)
	}
	for i, api := range []string{"CreateStack", "DeleteStack"} {
		in := object{"StackName": "policy"}
		if api == "CreateStack" {
			in["TemplateBody"] = string(body)
		}
		w.call(t, admin, "cloudformation", api, in)
		w.quiet(t)
		w.call(t, admin, "events", "PutEvents", object{"Entries": []any{put(nil)}})
		w.quiet(t)
		if n := len(w.Notices()); n != 1 || len(w.problems()) != i {
			t.Errorf("after %s there are %d notices, problems %q", api, n, w.problems())
		}
	}
}
