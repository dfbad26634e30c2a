package templates_test

import (
	"slices"
	"testing"

	"hubmend/infra/app"
	"hubmend/infra/member"
)

// Systems Manager throttles documents that are made all at once. So each waits for one
// other at most, nobody waits for the same one, and the lanes that result are few and even.
func TestDocumentsAreMadeInLanes(t *testing.T) {
	t.Parallel()
	stack := templates[app.MemberRunbooks]
	next := map[string]string{} // who waits for a document
	var first []string
	for id, r := range stack.Resources {
		before := list(r.DependsOn)
		switch {
		case r.Type != "AWS::SSM::Document":
			if len(before) > 0 {
				t.Errorf("%s depends on %v, which its properties should say", id, before)
			}
			continue
		case len(before) == 0:
			first = append(first, id)
			continue
		case len(before) > 1:
			t.Fatalf("%s waits for %v, want one", id, before)
		}
		earlier, _ := before[0].(string)
		if stack.Resources[earlier].Type != "AWS::SSM::Document" {
			t.Fatalf("%s waits for %s, which is no document", id, earlier)
		}
		if next[earlier] != "" {
			t.Errorf("%s and %s wait for %s both", next[earlier], id, earlier)
		}
		next[earlier] = id
	}
	if len(first) != member.Lanes {
		t.Errorf("%d documents are made at once, want %d", len(first), member.Lanes)
	}
	var reached []string
	for _, id := range first {
		length := 0
		for ; id != ""; id = next[id] {
			reached = append(reached, id)
			if length++; length > len(stack.Resources) {
				t.Fatalf("the lane of %s has no end", id)
			}
		}
		least := len(data.Runbooks) / member.Lanes
		if length < least || length > least+1 {
			t.Errorf("a lane has %d documents, want %d or %d", length, least, least+1)
		}
	}
	slices.Sort(reached)
	if got := len(slices.Compact(reached)); got != len(data.Runbooks) {
		t.Errorf("the lanes have %d documents, want each of %d once", got, len(data.Runbooks))
	}
}
