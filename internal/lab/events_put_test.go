package lab_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab"
)

func put(more object) object {
	e := object{"Source": "shop", "DetailType": "Sold", "Detail": `{"item": "a \"wide\" hat", "price": 12.5, "tags": ["x"]}`}
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
		"Default": queue("default"), "DefaultPolicy": allow("default", "arn:aws:events:*"), "OnDefault": resource("AWS::Events::Rule", object{"EventPattern": sold, "Targets": []any{object{"Id": "t", "Arn": queueARN("default")}}}),
		"Own": queue("own"), "OwnPolicy": allow("own", "arn:aws:events:*"), "Bus": resource("AWS::Events::EventBus", object{"Name": "shop"}), "OnOwn": onBus("shop", "own", sold, object{"Id": "t", "Arn": queueARN("own")}),
	}})
	out := w.call(t, admin, "events", "PutEvents", object{"Entries": []any{
		put(nil), put(object{"EventBusName": "shop", "Resources": []any{"hat"}, "Time": "2026-01-01T00:00:00Z"}), put(object{"EventBusName": busARN("shop"), "DetailType": "Returned"}),
		put(object{"EventBusName": "nobody"}), put(object{"EventBusName": "arn:aws:events:us-east-1:" + member + ":event-bus/default"}),
		put(object{"Detail": "[1]"}), put(object{"Detail": "{"}), put(object{"Source": "aws.s3"}), put(object{"DetailType": ""}),
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
	want := []string{"", "", "", "ResourceNotFoundException", "ResourceNotFoundException", "MalformedDetail", "MalformedDetail", "NotAuthorizedForSourceException", "InvalidArgument"}
	if diff := cmp.Diff(want, codes); diff != "" {
		t.Errorf("codes (-want +got):\n%s", diff)
	}
	events := w.PutEvents()
	if len(events) != 3 || events[2].Bus != "shop" || events[2].Account != admin || events[2].DetailType != "Returned" || events[2].Detail["price"] != 12.5 {
		t.Errorf("events %+v", events)
	}
	for name, entries := range map[string][]any{
		"none": {}, "too many": {put(nil), put(nil), put(nil), put(nil), put(nil), put(nil), put(nil), put(nil), put(nil), put(nil), put(nil)},
		"too large": {put(object{"Detail": `{"a":"` + strings.Repeat("a", 200<<10) + `"}`}), put(object{"Detail": `{"a":"` + strings.Repeat("a", 60<<10) + `"}`})},
	} {
		_, err := w.Call(t.Context(), lab.Call{Account: admin, Region: home, Service: "events", API: "PutEvents", Input: object{"Entries": entries}})
		if err == nil {
			t.Errorf("%s is no error", name)
		}
	}
}

// A target gets what its transformer makes of an event: JSON stays JSON, whatever is in the event.
func TestInputTransformer(t *testing.T) {
	t.Parallel()
	rule := func(template string) object {
		return resource("AWS::Events::Rule", object{"EventPattern": object{"source": []any{"shop"}}, "Targets": []any{object{"Id": "t", "Arn": object{"Ref": "Topic"}, "InputTransformer": object{
			"InputPathsMap": object{"item": "$.detail.item", "price": "$.detail.price", "tags": "$.detail.tags", "none": "$.detail.none", "type": "$.detail-type"}, "InputTemplate": template,
		}}}})
	}
	w := up(t, stacks{admin: resources{
		"Topic": resource("AWS::SNS::Topic", object{"TopicName": "chat"}),
		"A":     rule(`{"text": "<type>: <item> for <price>", "item": <item>, "price": <price>, "tags": <tags>, "none": "<none>", "quote": "\"<item>"}`),
		"B":     rule(`"<item>"`),
	}})
	w.call(t, admin, "events", "PutEvents", object{"Entries": []any{put(nil)}})
	w.quiet(t)
	var got []string
	for _, n := range w.Notices() {
		got = append(got, n.Message)
	}
	want := []string{
		`"a \"wide\" hat"`,
		`{"text": "Sold: a \"wide\" hat for 12.5", "item": "a \"wide\" hat", "price": 12.5, "tags": ["x"], "none": "", "quote": "\"a \"wide\" hat"}`,
	}
	if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}
