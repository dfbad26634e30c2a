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
	"hubmend/internal/ops/exposure"
	"hubmend/internal/ops/plan"
	"hubmend/internal/ops/wording"
)

// question is what a plan is for.
type question struct{ id, finding, control, resource, region string }

// answer gives the finding or the exposure that the plan is for. It calls AWS only for what the question leaves open.
func (q question) answer(ctx context.Context, o *operator) (json.RawMessage, *exposure.Exposure, error) {
	id := cmp.Or(q.id, q.finding)
	switch {
	case q.control != "":
		raw, err := q.madeUp(ctx, o)
		return raw, nil, err
	case isID(id):
		raw, e, err := o.byID(ctx, cmp.Or(q.region, part(id, 3)), id)
		if e != nil && q.id == "" {
			return nil, nil, fmt.Errorf("%s is an exposure; name it without --finding", id)
		}
		return raw, e, err
	}
	raw, err := q.fromFile()
	return raw, nil, err
}

// fromFile reads the finding from a file.
func (q question) fromFile() (json.RawMessage, error) {
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

// fromHub reads a finding from Security Hub CSPM.
func (o *operator) fromHub(ctx context.Context, region, id string) (json.RawMessage, error) {
	api, err := o.in(ctx, region, "")
	if err != nil {
		return nil, err
	}
	out, err := api.Call(ctx, "securityhub", "GetFindings", map[string]any{
		"Filters": map[string]any{"Id": []any{map[string]any{"Value": id, "Comparison": "EQUALS"}}},
	})
	if err != nil {
		return nil, fmt.Errorf("read the finding from Security Hub: %w", awsError(region, err))
	}
	text, err := json.Marshal(out)
	if err != nil {
		return nil, err
	}
	if found, _ := out["Findings"].([]any); len(found) == 0 {
		return nil, notInHub{id, fmt.Errorf("Security Hub in %s has no finding %s for these AWS credentials; check "+
			"the id and the account", region, wording.OneLine(id))}
	}
	return plan.OneFinding(text)
}

// refused explains why dispatch would not start the remediation, without mentioning a finding that does not exist.
func (q question) refused(err error) error {
	text := wording.OneLine(err.Error())
	if q.control != "" {
		text = strings.TrimPrefix(text, "Hubmend refused this finding: ")
	}
	return errors.New(text)
}
