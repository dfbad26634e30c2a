package templates_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/build/templates"
)

func TestFormat(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 100)
	for text, want := range map[string]string{
		`{"b":[1,{"c":"a<b"}],"a":{}}`: `{"a": {}, "b": [1, {"c": "a<b"}]}`,
		`3.0`:                          `3.0`,
		`["` + long + `",{"Ref":"AWS::Region"}]`: "[\n" + ` "` + long + `",` + "\n" +
			` {"Ref": "AWS::Region"}` + "\n]",
		`{"Value":{"a":"` + long + `","b":[true,null]}}`: "{\n" + ` "Value": {` + "\n" + `  "a": "` + long + `",` +
			"\n" +
			`  "b": [true, null]` + "\n }\n}",
	} {
		got, err := templates.Format([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want+"\n", string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
	if got, err := templates.Format([]byte("{")); err == nil {
		t.Errorf("half a template gives %s", got)
	}
}

// A line with an object or a list has at most 120 characters, with the comma that may follow.
func TestFormatKeepsLinesShort(t *testing.T) {
	t.Parallel()
	for n := range 40 {
		value := strings.Repeat("x", 90+n)
		got, err := templates.Format([]byte(`[{"k":{"n":"` + value + `"}},1]`))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(got)) {
			if strings.Contains(line, "{") && strings.Contains(line, "x") && len(strings.TrimSuffix(line, "\n")) > 120 {
				t.Errorf("%d characters: %s", len(line), line)
			}
		}
	}
}
