package report_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/control"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/policy"
	"hubmend/internal/lab/samplefinding"
	"hubmend/internal/ops/preview"
)

// previewed is a preview of findings with every kind of outcome, with hostile names.
func previewed(t *testing.T, n int) preview.Report {
	t.Helper()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	o := preview.Options{Now: now, Catalog: catalog.Embedded(), Settings: decide.Defaults, Home: "us-east-1",
		USD: 0.002, Facts: preview.Facts{OUs: map[string][]string{"222222222222": {"ou-a1b2-c3d4e5f6"}}},
		Policy: policy.Policy{Format: 1, Rules: []policy.Rule{
			{Name: "exceptions", Decision: policy.Exempt, Reason: `<img src=x onerror=alert(1)>`,
				Owner: "\u202egpj.exe", When: policy.When{Resources: []string{"*7"}}},
			{Name: "keys", Decision: policy.Ask, When: policy.When{Resources: []string{"*8"}}},
			{Name: "production", Decision: policy.Delay, Delay: time.Hour,
				When: policy.When{Resources: []string{"*9"}}},
		}}}
	controls := catalog.Embedded().Controls[:19]
	for _, c := range controls[:15] {
		o.Enabled = append(o.Enabled, catalog.Group{ID: strings.ReplaceAll(c.ID, ".", ""), Controls: []string{c.ID}})
	}
	var findings []preview.Finding
	for i := range n {
		c := controls[i%len(controls)]
		document, err := samplefinding.Build(samplefinding.Spec{Control: c, Account: fmt.Sprint(222222222222 + i%3),
			Region: "us-east-1", ID: fmt.Sprint(i), Now: now, Resource: sampleResource(c, i)})
		if err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		f, err := preview.Read(raw)
		if err != nil {
			t.Fatal(err)
		}
		findings = append(findings, f)
	}
	return preview.Make(o, findings)
}

// sampleResource is a resource of a control, with the form of its ids.
func sampleResource(c catalog.Control, i int) string {
	parts := map[string]string{"partition": "aws", "region": "us-east-1", "account": fmt.Sprint(222222222222 + i%3)}
	return control.Fill(c.Resource.ID, func(name string) string {
		if part, known := parts[name]; known {
			return part
		}
		return fmt.Sprint("name", i)
	})
}

func TestPreviewPage(t *testing.T) {
	t.Parallel()
	b := openTab(t, browser(t))
	r := previewed(t, 300)
	if r.Total.Repairs == 0 || r.Total.By[preview.Exempt] == 0 || r.Total.By[preview.Delayed] == 0 {
		t.Fatalf("%v", r.Total.By)
	}
	address, _ := write(t, r)
	b.open(address)
	for _, method := range []string{"Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"} {
		if said := b.of(method); len(said) > 0 {
			t.Errorf("%s: %s", method, said)
		}
	}
	if asked := b.of("Network.requestWillBeSent"); len(asked) != 1 {
		t.Errorf("it asks for %s", asked)
	}
	for what, expression := range accessible {
		if !eval[bool](b, expression) {
			t.Errorf("not so: %s", what)
		}
	}
	b.open(address + "#outcome=exempt")
	if n := eval[int](b, shown+`.length`); n != r.Total.By[preview.Exempt] {
		t.Errorf("%d are shown, want %d", n, r.Total.By[preview.Exempt])
	}
	for _, width := range []int{320, 390, 1280} {
		b.view(width, 900, "light")
		b.open(address)
		eval[any](b, `document.querySelectorAll("details").forEach((one, i) => { one.open = i < 20; })`)
		if got := eval[int](b, `document.documentElement.scrollWidth`); got > width {
			t.Errorf("on a screen of %d it is %d wide", width, got)
		}
		if got := eval[[]string](b, faint); len(got) > 0 {
			t.Errorf("hard to read: %s", got)
		}
		if *screenshots != "" {
			b.picture(filepath.Join(*screenshots, fmt.Sprint("preview-", width, ".png")))
		}
	}
}
