package finding_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"

	"hubmend/internal/engine/finding"
)

// odd are values of every type, with which each part of a document is replaced in turn.
var odd = map[string]json.RawMessage{
	"null": json.RawMessage(`null`), "true": json.RawMessage(`true`), "a number": json.RawMessage(`-1`),
	"a number without end": json.RawMessage(`1e999`),
	"no text":              json.RawMessage(`""`), "a text": json.RawMessage(`"x"`),
	"half a character": json.RawMessage(`"\ud800"`),
	"a zero byte":      json.RawMessage(`"\u0000"`),
	"a list":           json.RawMessage(`[]`), "a list of lists": json.RawMessage(`[[[]]]`),
	"a map":             json.RawMessage(`{}`),
	"a map of odd keys": json.RawMessage(`{"":{"Id":{}},"Id":[]}`),
	"a list of all":     json.RawMessage(`[null,true,1,"x",[],{}]`),
}

// replaced returns a document with each of its parts replaced, by the path of the part.
func replaced(doc any, by json.RawMessage) map[string]any {
	all := map[string]any{"": by}
	switch doc := doc.(type) {
	case map[string]any:
		for name, inner := range doc {
			for path, v := range replaced(inner, by) {
				other := maps.Clone(doc)
				other[name] = v
				all[name+"."+path] = other
			}
		}
	case []any:
		for i, inner := range doc {
			for path, v := range replaced(inner, by) {
				other := slices.Clone(doc)
				other[i] = v
				all[fmt.Sprintf("%d.%s", i, path)] = other
			}
		}
	}
	return all
}

// Whatever a part is, the finding is refused or it is well-formed.
func TestWrongTypesEverywhere(t *testing.T) {
	t.Parallel()
	var event any
	if err := json.Unmarshal(marshal(t, imported(nil)), &event); err != nil {
		t.Fatal(err)
	}
	tried := 0
	for name, by := range odd {
		for path, doc := range replaced(event, by) {
			e, err := finding.ParseEvent(marshal(t, doc))
			if err != nil {
				if len(e.Findings) > 0 || len(err.Error()) > 400 {
					t.Errorf("%s is %s: ParseEvent gave %d findings and %v", path, name, len(e.Findings), err)
				}
				continue
			}
			for _, raw := range e.Findings {
				tried++
				if f, err := finding.Parse(raw); err == nil {
					checkInvariants(t, f)
				} else if f != (finding.Finding{}) || len(err.Error()) > 400 {
					t.Errorf("%s is %s: Parse gave %+v and %v", path, name, f, err)
				}
			}
		}
	}
	if tried < 100 {
		t.Errorf("%d findings were tried only", tried)
	}
}

// How deep JSON may be is the standard library's to say; behind it everything is refused, and no
// stack grows with it.
func TestDepth(t *testing.T) {
	t.Parallel()
	if _, err := finding.Parse(rawObject(t, consolidated(object{"ProductFields": nested(9_999)}))); err != nil {
		t.Errorf("10,000 deep: %v", err)
	}
	refuse(t, rawObject(t, consolidated(object{"ProductFields": nested(10_000)})), "read finding")
	refuse(t, rawObject(t, consolidated(object{"Resources": nested(10_000)})), "read finding")
	refuseEvent(t, rawObject(t, imported(object{"detail": nested(10_000)})), "not an event")
	refuseEvent(t, []byte(`{"detail":{"findings":`+strings.Repeat("[", 250_000)+strings.Repeat("]", 250_000)+`}}`),
		"not an event")
}

// An event carries one finding. Each costs a line of log at least, so more than a call of
// Security Hub takes is not an event.
func TestManyFindings(t *testing.T) {
	t.Parallel()
	of := func(n int) []byte {
		return rawObject(t, imported(
			object{"detail": json.RawMessage(`{"findings":[0` + strings.Repeat(",0", n-1) + `]}`)}))
	}
	if e, err := finding.ParseEvent(of(finding.MaxFindings)); err != nil || len(e.Findings) != finding.MaxFindings {
		t.Errorf("ParseEvent = %d findings, %v", len(e.Findings), err)
	}
	refuseEvent(t, of(finding.MaxFindings+1), "more than 100 findings")
	refuseEvent(t, of(100_000), "more than 100 findings")
}

// allocated returns how many bytes a function takes for each byte that it is given.
func allocated(size int, do func()) float64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return float64(after.TotalAlloc-before.TotalAlloc) / float64(size)
}

// Memory grows with what is given and no faster: the worst are lists of little.
func TestMemory(t *testing.T) { //nolint:paralleltest // it measures what all tests take together
	lists := func(one string) string {
		return "[" + one + strings.Repeat(","+one, (finding.MaxEventBytes-4000)/(len(one)+1)) + "]"
	}
	for name, edits := range map[string]object{
		"findings":            {"detail": json.RawMessage(`{"findings":` + lists("0") + `}`)},
		"findings of nothing": {"detail": json.RawMessage(`{"findings":` + lists(`""`) + `}`)},
		"findings, twice": {
			"detail": json.RawMessage(`{"findings":` + lists("0")[:199_999] + `0],"findings":` + lists("0")[:199_999] +
				`0]}`)},
		"resources of an event": {"resources": json.RawMessage(lists(`""`))},
		"fields nobody knows":   {"x": json.RawMessage(lists("{}"))},
	} {
		body := rawObject(t, imported(edits))
		if len(body) < finding.MaxEventBytes*3/4 || len(body) > finding.MaxEventBytes {
			t.Fatalf("%s: the event has %d bytes", name, len(body))
		}
		if n := allocated(len(body), func() { _, _ = finding.ParseEvent(body) }); n > 32 {
			t.Errorf("%s: ParseEvent takes %.0f bytes for each", name, n)
		}
	}
	for name, edits := range map[string]object{
		"resources":           {"Resources": json.RawMessage(lists("{}"))},
		"resources, null":     {"Resources": json.RawMessage(lists("null"))},
		"a long id":           {"Id": strings.Repeat("a", 400_000)},
		"a long generator":    {"GeneratorId": strings.Repeat("a/v/1/", 70_000)},
		"a long resource":     {"Resources": []object{{"Type": "T", "Id": strings.Repeat("{", 400_000)}}},
		"text that is escape": {"Title": json.RawMessage(`"` + strings.Repeat(`\u00fc`, 80_000) + `"`)},
	} {
		raw := rawObject(t, consolidated(edits))
		if n := allocated(len(raw), func() { _, _ = finding.Parse(raw) }); n > 64 {
			t.Errorf("%s: Parse takes %.0f bytes for each", name, n)
		}
	}
}
