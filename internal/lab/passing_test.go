package lab_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Waiting times of a ledger and a queue end at once, and functions forget the values that they read.
func TestPass(t *testing.T) {
	t.Parallel()
	s := func(v string) object { return object{"S": v} }
	w, j := upWithFunction(t,
		stacks{admin: merged(fed("hides"), resources{"Table": resource("AWS::DynamoDB::Table", object{
			"TableName": "ledger", "BillingMode": "PAY_PER_REQUEST",
			"AttributeDefinitions": []any{object{"AttributeName": "pk", "AttributeType": "S"},
				object{"AttributeName": "due", "AttributeType": "S"},
				object{"AttributeName": "state", "AttributeType": "S"}},
			"KeySchema": []any{object{"AttributeName": "pk", "KeyType": "HASH"}},
			"GlobalSecondaryIndexes": []any{object{"IndexName": "due",
				"KeySchema": []any{object{"AttributeName": "state", "KeyType": "HASH"},
					object{"AttributeName": "due", "KeyType": "RANGE"}},
				"Projection": object{"ProjectionType": "ALL"}}},
		})})})
	const now, before = "2026-03-01T10:00:00Z", "2026-03-01T09:59:00Z"
	item := func(pk, at, expires string) object {
		return object{"pk": s(pk), "due": s(at), "state": s("open"), "expires": object{"N": expires},
			"version": object{"N": "7"}, "zero": s("0001-01-01T00:00:00Z"),
			"on": object{"BOOL": true}, "none": object{"NULL": true}, "names": object{"SS": []any{"a", "b"}},
			"deep": object{"M": object{"at": s(at), "expires": object{"N": "5"},
				"list": object{"L": []any{s(at), s("text"), object{"M": object{"at": s(at)}}}}}}}
	}
	for _, pk := range []string{"a", now} {
		w.call(t, admin, "dynamodb", "PutItem", object{"TableName": "ledger", "Item": item(pk, now, "1000")})
	}
	finding := asff("f", nil)
	finding["UpdatedAt"], finding["Note"] = now, object{"Text": "since " + now, "UpdatedBy": "ann", "UpdatedAt": now}
	if problem := w.importOne(t, admin, finding); problem != "" {
		t.Fatal(problem)
	}
	w.send(t, "hides", "say a", "hide 90", "fail")
	w.call(t, admin, "sqs", "SendMessage", object{"QueueUrl": "hides", "MessageBody": "say later",
		"DelaySeconds": 180})
	begin := time.Now()
	w.pass(t, time.Minute)
	if got := j.texts("a"); !slices.Equal(got, []string{"1"}) {
		t.Errorf("before its time, the message comes %q", got)
	}
	for _, pk := range []string{"a", now} {
		got := w.call(t, admin, "dynamodb", "GetItem",
			object{"TableName": "ledger", "Key": object{"pk": s(pk)}})["Item"]
		if diff := cmp.Diff(any(item(pk, before, "940")), got); diff != "" {
			t.Errorf("item %s (-want +got):\n%s", pk, diff)
		}
	}
	if f, _ := w.Finding("f"); f["UpdatedAt"] != before || at(f, "Note", "UpdatedAt") != before ||
		at(f, "Note", "Text") != "since "+now {
		t.Errorf("the finding is %v", f)
	}
	due := w.call(t, admin, "dynamodb", "Query",
		object{"TableName": "ledger", "IndexName": "due", "KeyConditionExpression": "#s = :s AND due <= :d",
			"ExpressionAttributeNames":  object{"#s": "state"},
			"ExpressionAttributeValues": object{":s": s("open"), ":d": s(before)}})
	if n, _ := due["Items"].([]any); len(n) != 2 {
		t.Errorf("the index finds %v", due)
	}
	w.pass(t, time.Minute)
	if got := j.texts("later"); len(got) > 0 {
		t.Errorf("before its time, the delayed message comes %q", got)
	}
	w.pass(t, 2*time.Minute) // waits until it came, and puts it among the dead letters
	w.quiet(t)
	if got := j.texts("a"); !slices.Equal(got, []string{"1", "2"}) {
		t.Errorf("the message comes %q", got)
	}
	if got := j.texts("later"); !slices.Equal(got, []string{"1"}) {
		t.Errorf("the delayed message comes %q", got)
	}
	if took := time.Since(begin); took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
	if cold := len(w.ColdStarts()); cold != 3 {
		t.Errorf("%d cold starts, want one for each delivery", cold)
	}

	counter := func(day, taken string) object { return object{"pk": s("day#" + day), "taken": object{"N": taken}} }
	for taken, day := range []string{"2026-02-28", "2026-03-01", "2026-03-02"} {
		w.call(t, admin, "dynamodb", "PutItem",
			object{"TableName": "ledger", "Item": counter(day, strconv.Itoa(taken))})
	}
	w.pass(t, 24*time.Hour)
	for day, want := range map[string]any{"2026-02-27": counter("2026-02-27", "0"),
		"2026-02-28": counter("2026-02-28", "1"), "2026-03-01": counter("2026-03-01", "2"), "2026-03-02": nil} {
		got := w.call(t, admin, "dynamodb", "GetItem",
			object{"TableName": "ledger", "Key": object{"pk": s("day#" + day)}})["Item"]
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("counter of %s (-want +got):\n%s", day, diff)
		}
	}

	w.call(t, admin, "dynamodb", "PutItem",
		object{"TableName": "ledger", "Item": object{"pk": s("b"), "raw": object{"B": "AAAA"}}})
	if err := w.Pass(t.Context(), time.Minute); err == nil ||
		!strings.Contains(err.Error(), "age table ledger: attribute raw: the lab cannot age") {
		t.Errorf("an item with binary values: %v", err)
	}
}

// pass lets time pass, which must not take long.
func (w world) pass(t *testing.T, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := w.Pass(ctx, d); err != nil {
		t.Fatal(err)
	}
}
