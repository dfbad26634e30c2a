package offer_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/infra/offer"
	"hubmend/internal/catalog"
)

func TestRead(t *testing.T) {
	t.Parallel()
	all := &catalog.Catalog{Playbooks: []catalog.Playbook{{ID: "cis-1.2.0"}, {ID: "cis-5.0.0"}, {ID: "fsbp"}}}
	for name, tc := range map[string]struct {
		context any
		want    []string
	}{
		"nothing":                      {nil, []string{"cis-1.2.0", "cis-5.0.0", "fsbp"}},
		"list, as in cdk.json":         {[]any{"fsbp", "cis-1.2.0"}, []string{"cis-1.2.0", "fsbp"}},
		"text, as on the command line": {`["cis-5.0.0"]`, []string{"cis-5.0.0"}},
	} {
		got, err := offer.Read(tc.context, all)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var ids []string
		for _, p := range got.Playbooks {
			ids = append(ids, p.ID)
		}
		if diff := cmp.Diff(tc.want, ids); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestReadSaysAllThatIsWrong(t *testing.T) {
	t.Parallel()
	all := &catalog.Catalog{Playbooks: []catalog.Playbook{{ID: "cis-1.2.0"}, {ID: "fsbp"}}}
	for name, tc := range map[string]struct {
		context any
		wants   []string
	}{
		"one id":         {"cis-1.2.0", []string{`a list of playbook ids, such as ["cis-1.2.0"], not cis-1.2.0`}},
		"numbers":        {[]any{1.2}, []string{"a list of playbook ids", "not [1.2]"}},
		"an object":      {map[string]any{"cis-1.2.0": true}, []string{"a list of playbook ids"}},
		"empty":          {[]any{}, []string{"is empty; remove the setting"}},
		"typing mistake": {[]any{"cis-1.20"}, []string{"unknown playbook cis-1.20; did you mean cis-1.2.0?"}},
		"several mistakes": {[]any{"iso-27001", "fsbp", "fsbp"},
			[]string{"unknown playbook iso-27001; the playbooks are cis-1.2.0, fsbp", "fsbp is listed twice"}},
	} {
		got, err := offer.Read(tc.context, all)
		if err == nil {
			t.Errorf("%s: gives %+v", name, got)
			continue
		}
		for _, want := range append(tc.wants, offer.ContextKey) {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v\ndoes not have %q", name, err, want)
			}
		}
	}
}
