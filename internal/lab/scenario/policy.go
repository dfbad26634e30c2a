package scenario

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/uuid"

	"hubmend/internal/aws/partition"
	"hubmend/internal/catalog"
	"hubmend/internal/catalog/policyfile"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/messages"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/policy"
	"hubmend/internal/lab"
)

// Rejection is a person's no to the proposal that a finding waits for.
type Rejection struct {
	Finding string `json:"finding"` // by name
	Reason  string `json:"reason"`
}

// Remediate is a request that a person makes with `hubmend remediate`.
type Remediate struct {
	Action        string `json:"action"`
	Finding       string `json:"finding"`       // by name
	DespitePolicy string `json:"despitePolicy"` // why
	Exposure      string `json:"exposure"`      // by name, instead of the others
}

// database is the administrator's DynamoDB, as the operator uses it.
func (r *runner) database() *dynamodb.Client {
	c := lab.Operator(r.Accounts[0])
	return dynamodb.New(dynamodb.Options{Region: r.Regions[0], BaseEndpoint: aws.String(r.lab.Endpoint()),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey}, nil
		})})
}

// operator is the ARN of the person who makes requests.
func (r *runner) operator(ctx context.Context) (string, error) {
	out, err := r.call(ctx, Call{Account: r.Accounts[0], Service: "sts", API: "GetCallerIdentity"})
	return fmt.Sprint(out["Arn"]), err
}

// applyPolicy puts a policy in force, as `hubmend policy apply` does.
func (r *runner) applyPolicy(ctx context.Context, file map[string]any) error {
	filled, err := r.values.fill(file)
	if err != nil {
		return err
	}
	text, err := json.Marshal(filled)
	if err != nil {
		return err
	}
	now := time.Now()
	parsed, problems := policyfile.Parse(text, catalog.Embedded(), now)
	if policyfile.Failed(problems) {
		var all []error
		for _, p := range problems {
			all = append(all, errors.New(p.Text))
		}
		return fmt.Errorf("policy: %w", errors.Join(all...))
	}
	by, err := r.operator(ctx)
	if err != nil {
		return err
	}
	store := &ledger.DynamoDB{Client: r.database(), Table: naming.LedgerTable, Now: time.Now}
	current, err := store.LoadPolicy(ctx)
	if err != nil {
		return err
	}
	return store.SavePolicy(ctx, policy.Version{Number: current.Number + 1, Policy: parsed.Policy,
		Hash: parsed.Policy.Hash(), By: by, At: now.UTC()})
}

// parked returns the entry of a finding that waits, and the record of its target. It returns a nil entry if the finding
// does not wait.
func (r *runner) parked(ctx context.Context, finding string) (*decide.Parked, decide.Record, error) {
	reader := &ledger.Reader{Client: r.database(), Table: naming.LedgerTable, Now: time.Now}
	for e, err := range reader.All(ctx) {
		if err != nil {
			return nil, decide.Record{}, err
		}
		if e.Record == nil {
			continue
		}
		for _, p := range e.Record.Parked {
			if p.Request.Ref.ID == r.ids[finding] && p.ReturnedAt.IsZero() {
				return &p, *e.Record, nil
			}
		}
	}
	return nil, decide.Record{}, nil
}

// answer sends what `hubmend approve` and `hubmend reject` send.
func (r *runner) answer(ctx context.Context, finding string, approve bool, reason string) error {
	p, rec, err := r.parked(ctx, finding)
	if err != nil {
		return err
	}
	if p == nil || rec.Proposal.State == "" {
		return fmt.Errorf("finding %q waits for no proposal", finding)
	}
	by, err := r.operator(ctx)
	if err != nil {
		return err
	}
	return r.send(ctx, messages.Answer{ID: uuid.NewString(), Key: rec.Target.Key(), Round: rec.Proposal.Round,
		Approve: approve, By: by, Reason: reason, At: time.Now().UTC()}.Body())
}

// remediate sends what `hubmend remediate` sends.
func (r *runner) remediate(ctx context.Context, m Remediate) error {
	if m.Exposure != "" {
		return r.remediateExposure(ctx, m.Exposure)
	}
	found, ok := r.lab.Finding(r.ids[m.Finding])
	if !ok {
		return fmt.Errorf("no finding was imported under the name %q", m.Finding)
	}
	by, err := r.operator(ctx)
	if err != nil {
		return err
	}
	in, _ := partition.Of(r.Regions[0])
	body, err := json.Marshal(map[string]any{
		"id": uuid.NewString(), "source": "aws.securityhub", "detail-type": "Security Hub Findings - Custom Action",
		"time": time.Now().UTC().Format(time.RFC3339),
		"resources": []string{fmt.Sprintf("arn:%s:securityhub:%s:%s:action/custom/%s", in.Name, r.Regions[0],
			r.Accounts[0], m.Action)},
		"detail": map[string]any{"requestedBy": by, "despitePolicy": m.DespitePolicy, "findings": []any{found}},
	})
	if err != nil {
		return err
	}
	return r.send(ctx, string(body))
}

// expectParked compares how a finding waits with what is expected.
func (r *runner) expectParked(ctx context.Context, e Expectation) (passed bool, got string, err error) {
	p, rec, err := r.parked(ctx, e.Finding)
	cause, rule, proposal := notParked, "", ""
	if p != nil {
		cause, rule, proposal = string(p.Cause), p.Rule, string(rec.Proposal.State)
	}
	passed = (e.Parked == "" || e.Parked == cause) && (e.Rule == "" || e.Rule == rule) &&
		(e.Proposal == "" || e.Proposal == proposal)
	return passed, fmt.Sprintf("parked: %s, rule %q, proposal %q", cause, rule, proposal), err
}

const notParked = "none"
