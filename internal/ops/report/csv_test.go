package report_test

import (
	"bytes"
	"encoding/csv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/ledger"
	"hubmend/internal/ops/report"
)

func table(t *testing.T, r report.Report) (rows []map[string]string) {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, name := range lines[0] {
			row[name] = line[i]
		}
		rows = append(rows, row)
	}
	return rows
}

func TestCSV(t *testing.T) {
	t.Parallel()
	one := groupOf("sg-1")
	rows := table(t, reportOf(t, past(one, 1, day), past(one, 2, time.Hour, undo(1, "succeeded"))))
	if len(rows) != 2 {
		t.Fatalf("%d rows", len(rows))
	}
	want := map[string]string{
		"ended": "2026-03-30T12:00:00Z", "found": "2026-03-30T11:59:20Z", "seconds": "40", "outcome": "undone",
		"control": "EC2.13",
		"title":   "Security groups should not allow ingress from 0.0.0.0/0 or ::/0 to port 22", "account": account,
		"region": "eu-west-1", "resource": one.Resource,
		"requested by": "", "trigger": "automatic", "change": "Closed TCP 22 to the world.",
		"before":   past(one, 1, day).Outcome.Before,
		"after":    past(one, 1, day).Outcome.After,
		"verified": "SSH (TCP 22) of the security group is closed to 0.0.0.0/0 and ::/0. All other rules stay.",
		"class":    "", "reason": "", "undone at": "2026-03-31T11:00:00Z", "undoes": "",
		"document": "hubmend-CloseSecurityGroupPorts", "execution": execution(1), "attempt": "1", "target": one.Key(),
		"findings": "arn:aws:securityhub:eu-west-1:222222222222:finding/f-1", "sender": "",
		"calls": `["kms:DescribeKey"]`, "proposal": "", "asked by": "", "despite policy": "",
		"v2 ids": "9d1b",
	}
	if diff := cmp.Diff(want, rows[1]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if rows[0]["undoes"] != execution(1) || rows[0]["requested by"] != "arn:aws:iam::111111111111:user/ann" ||
		rows[0]["sender"] != sender {
		t.Errorf("the undo is %v", rows[0])
	}
	if got := table(t, reportOf(t)); len(got) != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

// A spreadsheet takes no text for a formula.
func TestCSVHasNoFormulas(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`=HYPERLINK("http://x","y")`: `'=HYPERLINK("http://x","y")`, "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)",
		" =1": "' =1", "\t=1": "'\t=1", "\n=1": "'\n=1", "\tx": "'\tx",
		"＝1": "'＝1", "\u00a0=1": "'\u00a0=1", "a=1": "a=1", "": "",
		"Closed, \"22\"\nand more": "Closed, \"22\"\nand more", "|x": "'|x",
	} {
		rows := table(t, reportOf(t, past(groupOf("sg-1"), 1, day, func(p *ledger.Past) {
			p.Attempt.Change, p.Attempt.By, p.Outcome.Before = text, text, text
		})))
		for _, column := range []string{"change", "requested by", "before"} {
			if got := rows[0][column]; got != want {
				t.Errorf("%q becomes %q in %s, want %q", text, got, column, want)
			}
		}
	}
}
