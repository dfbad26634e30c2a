package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/google/uuid"

	"hubmend/internal/catalog"
	"hubmend/internal/lab/inputfile"
	"hubmend/internal/lab/samplefinding"
	"hubmend/internal/ops/plan"
	"hubmend/internal/ops/wording"
)

// question is what a plan is for.
type question struct{ finding, control, resource, region, exposure string }

// answer gives the finding that the plan is for. It calls AWS only for what the question leaves open.
func (q question) answer(ctx context.Context, o *operator) (json.RawMessage, error) {
	switch {
	case q.control != "":
		return q.madeUp(ctx, o)
	case isV2ID(q.finding):
		return q.fromV2(ctx, o)
	case strings.HasPrefix(q.finding, "arn:"):
		return q.fromHub(ctx, o)
	}
	text, err := inputfile.Read(q.finding)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("file %s not found, and the id of a finding begins with arn:", q.finding)
	}
	if err != nil {
		return nil, fmt.Errorf("read the finding: %w", err)
	}
	raw, err := plan.OneFinding(text)
	if err != nil {
		return nil, fmt.Errorf("%s is not a finding: %s", q.finding, wording.OneLine(err.Error()))
	}
	return raw, nil
}

// madeUp builds the finding that Security Hub would make. The ARN of a bucket has neither account nor Region, and a
// short id has none either; those of the AWS configuration stand in.
func (q question) madeUp(ctx context.Context, o *operator) (json.RawMessage, error) {
	account, region := accountOf(q.resource), cmp.Or(q.region, part(q.resource, 3))
	if account == "" || region == "" {
		cfg, who, err := o.open(ctx, region)
		if err != nil {
			return nil, err
		}
		account, region = cmp.Or(account, who.Account), cfg.Region
	}
	control, err := controlNamed(catalog.Embedded(), q.control)
	if err != nil {
		return nil, err
	}
	resource, err := resourceID(control, q.resource, place{account, region})
	if err != nil {
		return nil, err
	}
	f, err := samplefinding.Build(samplefinding.Spec{Control: control, Resource: resource, Account: account,
		Region: region, ID: uuid.NewString(), Now: time.Now()})
	if err != nil {
		return nil, err
	}
	return json.Marshal(f)
}

// fromHub reads the finding from Security Hub, in the Region that its id names.
func (q question) fromHub(ctx context.Context, o *operator) (json.RawMessage, error) {
	region := part(q.finding, 3)
	if part(q.finding, 2) != "securityhub" || region == "" {
		return nil, fmt.Errorf("%s is not the id of a finding, which begins with arn:aws:securityhub:REGION:ACCOUNT:",
			q.finding)
	}
	api, err := o.in(ctx, region, "")
	if err != nil {
		return nil, err
	}
	out, err := api.Call(ctx, "securityhub", "GetFindings", map[string]any{
		"Filters": map[string]any{"Id": []any{map[string]any{"Value": q.finding, "Comparison": "EQUALS"}}},
	})
	if err != nil {
		return nil, fmt.Errorf("read the finding from Security Hub: %w", awsError(region, err))
	}
	text, err := json.Marshal(out)
	if err != nil {
		return nil, err
	}
	if found, _ := out["Findings"].([]any); len(found) == 0 {
		return nil, fmt.Errorf(
			"Security Hub in %s has no finding %s for these AWS credentials; check the id and the account", region,
			q.finding)
	}
	return plan.OneFinding(text)
}

// refused explains why dispatch would not start the remediation, without mentioning a finding that does not exist.
func (q question) refused(err error) error {
	text := wording.OneLine(err.Error())
	if q.finding == "" {
		text = strings.TrimPrefix(text, "Hubmend refused this finding: ")
	}
	return errors.New(text)
}
