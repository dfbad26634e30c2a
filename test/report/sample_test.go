package report_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/target"
	"hubmend/internal/ops/report"
)

var noon = time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// hostile is a name that tries what a name can: to end its tag, to run, to turn the line around.
const hostile = `"><script>document.title='owned'</script><img src=x onerror="document.title='owned'">'` +
	"\u202e\u200fgpj"

// sample is a report of so many attempts, the same each time: mostly repairs, of all controls, in
// several accounts, with some of everything else.
func sample(attempts int) report.Report {
	b := report.New(report.Options{
		Period: report.Period{From: noon.Add(-30 * day), To: noon}, Now: noon, Account: "111111111111",
		Region:   "eu-west-1",
		Settings: decide.Defaults, Catalog: catalog.Embedded(),
	})
	b.AskedSecurityHub()
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a sample
	controls := catalog.Embedded().Controls
	for i := range attempts {
		control := controls[random.IntN(len(controls))]
		one := targetOf(control, random.IntN(7), i)
		at := noon.Add(-time.Duration(random.Int64N(int64(30 * day))))
		b.Add(ledger.Entry{Past: attempt(one, control, at, random, i)})
		if i%40 == 0 {
			b.AddOpen(openOf(control, one, i))
		}
	}
	for i, undo := range []string{"", fmt.Sprintf("00000000-0000-4000-8000-%012d", 1)} {
		p := attempt(named("sg-held"), controls[4], noon.Add(-time.Hour), random, i+1)
		p.Attempt.Undo, p.Attempt.ExecutionID = undo, fmt.Sprintf("00000000-0000-4000-8000-%012d", i+1)
		b.Add(ledger.Entry{Past: p})
	}
	b.Add(ledger.Entry{Past: attempt(named(hostile), controls[4], noon.Add(-time.Hour), random, 1)})
	addWaiting(b)
	b.Add(ledger.Entry{Breaker: &decide.Breaker{Control: controls[0].ID, OpenUntil: noon.Add(time.Hour),
		Failures: make([]decide.TargetFailure, 5)}})
	return b.Report()
}

func targetOf(c catalog.Control, account, i int) target.Target {
	id := fmt.Sprint(200000000000 + account*11111111)
	region, resource := []string{"eu-west-1", "us-east-1", "ap-southeast-2"}[i%3], c.Resource.ID
	if c.Scope == catalog.GlobalScope {
		region = target.Global
	}
	for from, to := range map[string]string{"{partition}": "aws", "{account}": id, "{region}": region} {
		resource = strings.ReplaceAll(resource, from, to)
	}
	if head, _, ok := strings.Cut(resource, "{"); ok {
		resource = head + fmt.Sprintf("r-%06d", i)
	}
	return target.Target{Account: id, Region: region, Runbook: c.Runbook, Resource: resource}
}

func named(name string) target.Target {
	return target.Target{Account: "200000000000", Region: "eu-west-1", Runbook: "CloseSecurityGroupPorts",
		Resource: "arn:aws:ec2:eu-west-1:200000000000:security-group/" + name}
}

func attempt(one target.Target, c catalog.Control, ended time.Time, random *rand.Rand, i int) *ledger.Past {
	took := time.Duration(12+random.ExpFloat64()*30) * time.Second
	p := &ledger.Past{Target: one, Ended: decide.Ended{Attempt: decide.Attempt{
		Number: i + 1, Control: c.ID, State: decide.Succeeded, Trigger: finding.Automatic, QueuedAt: ended.Add(-took),
		ClaimedAt: ended.Add(2*time.Second - took), EndedAt: ended,
		ExecutionID: fmt.Sprintf("00000000-0000-4000-8000-%012d", i),
		Change:      "Closed TCP 22 to 0.0.0.0/0 of " + one.Resource + ".",
	}}}
	p.Outcome.Before = `["{\"GroupId\":\"sg-1\",\"IpPermissions\":[{\"IpProtocol\":\"tcp\",\"FromPort\":22,\"ToPort\":22,\"IpRanges\":[{\"CidrIp\":\"0.0.0.0/0\",\"Description\":\"ssh for everybody\"}],\"Ipv6Ranges\":[],\"PrefixListIds\":[],\"UserIdGroupPairs\":[]}]}"]`
	p.Outcome.After = `["{\"GroupId\":\"sg-1\",\"IpPermissions\":[]}"]`
	switch i % 23 {
	case 3:
		p.Attempt.State = decide.Failed
		p.Attempt.Class = decide.Permission
		p.Attempt.Reason = "The runbook's role may not do this: " + hostile
		p.Attempt.Change, p.Outcome.Before, p.Outcome.After = "", "", ""
	case 7:
		p.Attempt.State, p.Attempt.Class, p.Attempt.Reason = decide.Failed, decide.Refused, "The key is asymmetric, "+
			"and those do not rotate."
		p.Attempt.Change, p.Outcome.Before, p.Outcome.After = "", "", ""
	case 5, 15:
		p.Attempt.Change = "Nothing to change: TCP 22 is not open to the world."
		p.Outcome.Before = p.Outcome.After
	case 11:
		p.Attempt.Undo = "00000000-0000-4000-8000-000000000001"
		p.Attempt.Trigger = finding.CommandLine
		p.Attempt.By = "arn:aws:iam::111111111111:user/ann"
	}
	return p
}

func openOf(c catalog.Control, one target.Target, i int) finding.Finding {
	return finding.Finding{
		ID: fmt.Sprint("f-", i), Partition: "aws", Account: one.Account, Region: "eu-west-1", ControlID: c.ID,
		Compliance: finding.Failed, Workflow: finding.New,
		RecordState: finding.Active, ResourceType: c.Resource.Type, ResourceID: one.Resource,
		ObservedAt: noon.Add(-5 * time.Hour),
	}
}

// addWaiting adds a target in each state.
func addWaiting(b *report.Builder) {
	base := decide.Attempt{Number: 1, Control: "EC2.13", Trigger: finding.Automatic, QueuedAt: noon.Add(-2 * time.Hour),
		ClaimedAt: noon.Add(-2 * time.Hour), EndedAt: noon.Add(-time.Hour), ExecutionID: "e"}
	with := func(edit func(*decide.Attempt)) decide.Attempt {
		a := base
		edit(&a)
		return a
	}
	broken := with(func(a *decide.Attempt) {
		a.State, a.Reason = decide.Failed, "Port 22 is still open after the repair: "+hostile
	})
	done := with(func(a *decide.Attempt) { a.State, a.Change = decide.Succeeded, "Closed it." })
	runs := with(func(a *decide.Attempt) { a.State, a.EndedAt = decide.Running, time.Time{} })
	parked := func(cause decide.ParkCause) decide.Parked {
		return decide.Parked{Cause: cause, Rule: "Payments " + hostile, Owner: "ann@example.com", Ticket: "PAY-4711",
			RuleEnds: noon.Add(90 * day), Request: decide.Request{Control: "EC2.13", AskedAt: noon.Add(-day)}}
	}
	for name, rec := range map[string]decide.Record{
		"sg-failed":    {Attempts: []decide.Attempt{broken}},
		"sg-suspended": {Attempts: []decide.Attempt{broken, broken, broken}, SuspendedAt: noon.Add(-time.Hour)},
		"sg-held": {Attempts: []decide.Attempt{done}, HeldAt: noon.Add(-time.Minute),
			HeldBy: "arn:aws:iam::111111111111:user/ann"},
		"sg-repaired": {Attempts: []decide.Attempt{done}, Unconfirmed: []decide.Ref{{ID: "f-1"}}},
		"sg-runs":     {Attempts: []decide.Attempt{runs}},
		"sg-exempt":   {Parked: []decide.Parked{parked(decide.Exempted)}},
		"sg-asked": {Parked: []decide.Parked{parked(decide.Asked)}, Proposal: decide.Proposal{Round: 1,
			State: decide.Open, Control: "EC2.13", Plan: "Would close TCP 22 to the world.", ExpiresAt: noon.Add(day)}},
	} {
		rec.Target, rec.Version = named(name), 1
		b.Add(ledger.Entry{Record: &rec})
	}
}
