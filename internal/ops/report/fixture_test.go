package report_test

import (
	"fmt"
	"testing"
	"time"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/target"
	"hubmend/internal/ops/report"
)

var noon = time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)

func ago(d time.Duration) time.Time { return noon.Add(-d) }

const (
	day     = 24 * time.Hour
	account = "222222222222"
)

var options = report.Options{
	Period: report.Period{From: ago(30 * day), To: noon}, Now: noon, Account: "111111111111", Region: "eu-west-1",
	Settings: decide.Defaults, Catalog: catalog.Embedded(),
}

func groupOf(name string) target.Target {
	return target.Target{Account: account, Region: "eu-west-1", Runbook: "CloseSecurityGroupPorts",
		Resource: "arn:aws:ec2:eu-west-1:" + account + ":security-group/" + name}
}

// past is an attempt that ended so long ago, after 40 seconds, with what else is said.
func past(t target.Target, number int, before time.Duration, more ...func(*ledger.Past)) ledger.Past {
	p := ledger.Past{Target: t, Ended: decide.Ended{Attempt: decide.Attempt{
		Number: number, State: decide.Succeeded, Control: "EC2.13", Trigger: finding.Automatic,
		QueuedAt: ago(before + 40*time.Second), ClaimedAt: ago(before + 39*time.Second), EndedAt: ago(before),
		ExecutionID: execution(number), Change: "Closed TCP 22 to the world.",
		Findings: []decide.Ref{{ID: "arn:aws:securityhub:eu-west-1:222222222222:finding/f-1"}},
		V2IDs:    map[string]string{"arn:aws:securityhub:eu-west-1:222222222222:finding/f-1": "9d1b"},
	}}}
	p.Outcome.Before = `["{\"IpPermissions\":[{\"FromPort\":22,\"IpRanges\":[{\"CidrIp\":\"0.0.0.0/0\"}]}]}"]`
	p.Outcome.After = `["{\"IpPermissions\":[]}"]`
	p.Outcome.Calls = `["kms:DescribeKey"]`
	for _, m := range more {
		m(&p)
	}
	return p
}

func execution(number int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", number) }

func failed(class decide.Class, reason string) func(*ledger.Past) {
	return func(p *ledger.Past) {
		p.Attempt.State = decide.Failed
		p.Attempt.Class = class
		p.Attempt.Change = ""
		p.Attempt.Reason = reason
		p.Outcome.Before = ""
		p.Outcome.After = ""
	}
}

func compliant(p *ledger.Past) {
	p.Attempt.Change = "Nothing to change: TCP 22 is not open to the world."
}

// sender is the id of the user who sends an undo.
const sender = "AIDAEXAMPLEID12345678"

func undo(of int, state decide.State) func(*ledger.Past) {
	return func(p *ledger.Past) {
		p.Attempt.Undo, p.Attempt.State, p.Attempt.By, p.Attempt.Sender, p.Attempt.Trigger = execution(
			of), state, "arn:aws:iam::111111111111:user/ann", sender, finding.CommandLine
	}
}

func reportOf(t testing.TB, entries ...any) report.Report {
	t.Helper()
	return reportWith(t, options, entries...)
}

// reportWith makes a report of attempts, records, breakers and findings.
func reportWith(t testing.TB, o report.Options, entries ...any) report.Report {
	t.Helper()
	b := report.New(o)
	for _, e := range entries {
		switch e := e.(type) {
		case ledger.Past:
			b.Add(ledger.Entry{Past: &e})
		case decide.Record:
			b.Add(ledger.Entry{Record: &e})
		case decide.Breaker:
			b.Add(ledger.Entry{Breaker: &e})
		case finding.Finding:
			b.AskedSecurityHub()
			b.AddOpen(e)
		default:
			t.Fatalf("unknown entry %T", e)
		}
	}
	return b.Report()
}

func openFinding(control, id, region, resource string) finding.Finding {
	return finding.Finding{
		ID: id, Partition: "aws", Account: account, Region: region, ControlID: control, Compliance: finding.Failed,
		Workflow: finding.New, RecordState: finding.Active,
		ResourceType: "AwsEc2SecurityGroup", ResourceID: resource, ObservedAt: ago(time.Hour),
	}
}
