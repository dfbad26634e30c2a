package report_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/ops/report"
)

func page(t testing.TB, r report.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPageSays(t *testing.T) {
	t.Parallel()
	got := page(t, full(t))
	for _, want := range []string{
		"<h1>Remediation report, 1 March to 31 March 2026</h1>",
		"Hubmend remediated 1 resource, with a median time of 40\u00a0s.", "1 resource needs attention.",
		"1 finding is open.", "1\u00a0already compliant, 1\u00a0undone",
		"Waiting for Security Hub to re-check (1 finding)", "Nothing to change: TCP 22 is not open to the world.",
		"1\u00a0failed, 0\u00a0suspended, 0\u00a0held", "Closed TCP 22 to the world.", "0.0.0.0/0&#34;",
		"&#34;IpPermissions&#34;: []",
		"<dt>Verified</dt>", "All other rules stay.", "<dt>Undone</dt>", "It is still open.",
		"<dt>In the new Security Hub</dt>", "9d1b",
		"arn:aws:iam::111111111111:user/ann", "<caption>CIS AWS Foundations v1.2.0</caption>",
		"hubmend history " + groupOf("sg-2").Key(), "Content-Security-Policy", "default-src &#39;none&#39;",
	} {
		if !strings.Contains(got, want) && !strings.Contains(got, strings.ReplaceAll(want, "&#39;", "'")) {
			t.Errorf("it does not say %q", want)
		}
	}
}

// A page about nothing says so, and what it could not ask.
func TestPageOfNothing(t *testing.T) {
	t.Parallel()
	b := report.New(options)
	b.Note("What is open is not known: <b>no</b>.")
	got := page(t, b.Report())
	for _, want := range []string{"Hubmend remediated no resources.", "No resource needs attention.",
		"Security Hub was not asked", "No attempts in this period.",
		"What is open is not known: &lt;b&gt;no&lt;/b&gt;."} {
		if !strings.Contains(got, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if strings.Contains(got, "NaN") || strings.Contains(got, "is open.</p>") {
		t.Error("it says what it cannot know")
	}
}

var tag = regexp.MustCompile(`<[a-zA-Z/!][^>]*>`)

// Whatever a resource, a person or a runbook is called makes no tag and no attribute.
func TestPageOfHostileNames(t *testing.T) {
	t.Parallel()
	build := func(name string) string {
		one := groupOf("sg-1")
		one.Resource += name
		bad := past(one, 1, day, func(p *ledger.Past) {
			a := &p.Attempt
			a.Control, a.Change, a.By, a.ExecutionID, a.Undo = "X.1"+name, name, name, name, name
			a.Trigger, p.Outcome.Before = finding.Trigger(name), name
		})
		worse := past(one, 2, time.Hour, failed(decide.Verification, name))
		open := openFinding("EC2.13", name, "eu-west-1", one.Resource)
		open.Workflow = name
		return page(t, reportOf(t, bad, worse,
			decide.Record{Target: one, Version: 1, HeldAt: ago(time.Hour), HeldBy: name,
				Attempts: []decide.Attempt{bad.Attempt}},
			decide.Breaker{Control: name, OpenUntil: noon.Add(time.Hour)}, open))
	}
	shape := func(page string) []string {
		var names []string
		for _, one := range tag.FindAllString(page, -1) {
			name, _, _ := strings.Cut(one, " ")
			names = append(names, name)
		}
		return names
	}
	want := len(shape(build("x")))
	for _, name := range []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`,
		`' onmouseover='alert(1)`, `</dd></dl></details></li></ul><h1>`, "\u202e\u2066\x00\x1b", "javascript:alert(1)",
		`{{.}}`, "--></style>"} {
		got := build(name)
		if n := len(shape(got)); n != want {
			t.Errorf("%q makes %d tags of %d", name, n, want)
		}
		if strings.ContainsAny(got, "\u202e\u2066\x00\x1b") {
			t.Errorf("%q comes through", name)
		}
	}
}

// Nothing on the page is fetched from anywhere: there is not even an address to fetch from.
func TestPageNeedsNoNetwork(t *testing.T) {
	t.Parallel()
	for _, one := range tag.FindAllString(page(t, full(t)), -1) {
		if strings.Contains(one, " src=") || strings.HasPrefix(one, "<link") || strings.Contains(one, "href=") &&
			!strings.HasPrefix(one, "<a ") {
			t.Error(one)
		}
	}
}
