package main

import (
	_ "embed" // for the typical repair
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/goccy/go-yaml"
	"github.com/google/uuid"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/target"
	"hubmend/internal/lab/samplefinding"
)

//go:embed repair.yaml
var repairFile []byte

// repair is what is measured without a lab.
type repair struct {
	control         catalog.Control
	account, region string
	resource        string // a format
	succeeds, fails decide.Outcome
}

func loadRepair() (repair, error) {
	var file struct{ Control, Account, Region, Resource, Change, Before, Reason string }
	if err := yaml.UnmarshalWithOptions(repairFile, &file, yaml.Strict()); err != nil {
		return repair{}, fmt.Errorf("read the typical repair: %w", err)
	}
	control, ok := catalog.Embedded().ByID(file.Control)
	if !ok {
		return repair{}, fmt.Errorf("the typical repair is of %s, which the catalog does not have", file.Control)
	}
	return repair{
		control: control, account: file.Account, region: file.Region, resource: file.Resource,
		succeeds: decide.Outcome{Succeeded: true, Change: file.Change, Before: file.Before},
		fails:    decide.Outcome{Class: decide.Verification, Reason: file.Reason},
	}, nil
}

// finding builds the finding about a resource, which a number names.
func (r repair) finding(number int, now time.Time) (finding.Finding, json.RawMessage, error) {
	document, err := samplefinding.Build(samplefinding.Spec{
		Control: r.control, Resource: fmt.Sprintf(r.resource, number), Account: r.account, Region: r.region,
		ID: uuid.NewString(), Now: now,
	})
	if err != nil {
		return finding.Finding{}, nil, err
	}
	raw, err := json.Marshal(document)
	if err != nil {
		return finding.Finding{}, nil, err
	}
	f, err := finding.Parse(raw)
	return f, raw, err
}

// imported is a message of the findings queue.
func (r repair) imported(number int, now time.Time) (events.SQSMessage, target.Target, error) {
	f, raw, err := r.finding(number, now)
	if err != nil {
		return events.SQSMessage{}, target.Target{}, err
	}
	t, _, err := r.control.Bind(f)
	if err != nil {
		return events.SQSMessage{}, target.Target{}, err
	}
	m, err := message(map[string]any{
		"id": uuid.NewString(), "source": "aws.securityhub", "detail-type": "Security Hub Findings - Imported",
		"time": now.Format(time.RFC3339), "detail": map[string]any{"findings": []json.RawMessage{raw}},
	}, now)
	return m, t, err
}

// ended is a message of the outcomes queue.
func (r repair) ended(t target.Target, executionID string, now time.Time) (events.SQSMessage, error) {
	return message(map[string]any{
		"source": "aws.ssm", "account": r.account, "region": r.region, "detail": map[string]any{
			"ExecutionId": executionID, "Status": "Success", "Definition": naming.Document(r.control.Runbook),
			"ExecutedBy": "arn:aws:sts::" + r.account + ":assumed-role/" + naming.DispatchRole + "/" + t.Key(),
		},
	}, now)
}

func message(body map[string]any, now time.Time) (events.SQSMessage, error) {
	text, err := json.Marshal(body)
	return events.SQSMessage{
		MessageId: uuid.NewString(), ReceiptHandle: "handle", Body: string(text),
		Attributes: map[string]string{"ApproximateReceiveCount": "1", "SentTimestamp": fmt.Sprint(now.UnixMilli())},
	}, err
}
