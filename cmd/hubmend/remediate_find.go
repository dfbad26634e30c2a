package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/google/uuid"

	"hubmend/internal/aws/awserr"
	"hubmend/internal/catalog"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/dispatch"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/target"
	"hubmend/internal/ops/request"
)

// wish is one finding whose repair somebody asks for.
type wish struct {
	finding types.AwsSecurityFinding
	control string
	target  target.Target
	ref     decide.Ref
	body    string    // of the message
	at      time.Time // when it was written
	settled int       // see request.Settled
}

// find reads the findings that are meant, and refuses what dispatch would refuse.
func (r remediating) find(ctx context.Context, a asking, ids []string) ([]wish, error) {
	filters := &types.AwsSecurityFindingFilters{}
	for _, id := range ids {
		filters.Id = append(filters.Id, equals(id))
	}
	if r.resource != "" {
		filters.ResourceId, filters.RecordState = []types.StringFilter{equals(r.resource)}, []types.StringFilter{
			equals(finding.Active)}
	}
	documents, err := findings(ctx, a, filters)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if !slices.ContainsFunc(documents, func(d types.AwsSecurityFinding) bool { return aws.ToString(d.Id) == id }) {
			return nil, fmt.Errorf(
				"Security Hub of account %s in %s has no finding %s; choose the administrator's account and home "+
					"Region, or another finding", a.person.Account, a.cfg.Region, oneLine(id))
		}
	}
	var wanted []wish
	var problem error
	for _, d := range documents {
		w, err := newWish(a, d)
		switch {
		case r.control != "" && w.control != r.control: // it is about the resource, but of another control
		case err != nil:
			problem = err
		default:
			wanted = append(wanted, w)
		}
	}
	switch {
	case problem != nil && (len(ids) > 0 || len(wanted) == 0):
		return nil, problem
	case len(wanted) == 0:
		return nil, fmt.Errorf(
			"Security Hub of account %s in %s has no active finding of %s about %s; choose the administrator's "+
				"account and home Region, or see what it has", a.person.Account, a.cfg.Region, r.control,
			oneLine(r.resource))
	}
	return wanted, nil
}

func equals(value string) types.StringFilter {
	return types.StringFilter{Comparison: types.StringFilterComparisonEquals, Value: &value}
}

func findings(ctx context.Context, a asking, filters *types.AwsSecurityFindingFilters) ([]types.AwsSecurityFinding,
	error) {
	var all []types.AwsSecurityFinding
	pages := securityhub.NewGetFindingsPaginator(securityhub.NewFromConfig(a.cfg),
		&securityhub.GetFindingsInput{Filters: filters, MaxResults: aws.Int32(100)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		var disabled *types.InvalidAccessException
		if errors.As(err, &disabled) {
			return nil, fmt.Errorf(
				"Security Hub is not enabled in account %s and %s; choose the administrator's account and home "+
					"Region (%s)", a.person.Account, a.cfg.Region, oneLine(awserr.Message(err)))
		}
		if err != nil {
			return nil, awsError(a.cfg.Region, err)
		}
		all = append(all, page.Findings...)
	}
	return all, nil
}

// keys gives those of the targets that wishes are about, each once.
func keys(wanted []wish) []string {
	var all []string
	for _, w := range wanted {
		if key := w.target.Key(); !slices.Contains(all, key) {
			all = append(all, key)
		}
	}
	return all
}

// newWish makes the message for a finding. Its error says why dispatch would do nothing; the control
// is known then if Hubmend has it.
func newWish(a asking, document types.AwsSecurityFinding) (wish, error) {
	id := oneLine(aws.ToString(document.Id))
	raw, err := json.Marshal(document)
	if err != nil {
		return wish{}, fmt.Errorf("write finding %s: %w", id, err)
	}
	f, err := finding.Parse(raw)
	if err != nil {
		return wish{}, fmt.Errorf("%s is not a finding that Hubmend acts on: %w", id, err)
	}
	known, _ := catalog.Embedded().Control(f)
	control, t, _, err := dispatch.Asked(catalog.Embedded(), f)
	if err != nil {
		return wish{control: known.ID}, fmt.Errorf("nothing is begun for %s: %s", id, oneLine(err.Error()))
	}
	w := wish{finding: document, control: control.ID, target: t, at: time.Now().UTC(),
		ref: decide.Ref{ID: f.ID, Event: uuid.NewString()}}
	w.body, err = request.Action{
		ID: w.ref.Event, Group: catalog.Embedded().GroupOf(control.ID), Finding: raw, By: a.person,
		Partition: f.Partition, Region: a.cfg.Region, At: w.at,
	}.Body()
	return w, err
}

// open notes how the ledger has the target before anything is sent.
func (w *wish) open(ctx context.Context, a asking) error {
	rec, err := a.ledger.Load(ctx, w.target.Key())
	if err != nil {
		return ledgerError(a.cfg.Region, err)
	}
	w.settled = request.Settled(rec)
	return nil
}

// soon is how long the functions usually take to come to a message. After it the finding is asked
// too: what begins no attempt is answered there.
const soon = 15 * time.Second

func (w wish) look(ctx context.Context, a asking) (request.Progress, error) {
	rec, err := a.ledger.Load(ctx, w.target.Key())
	if err != nil {
		return request.Progress{}, err
	}
	p := request.OfFinding(rec, w.ref, w.settled)
	if p.Attempt != nil || time.Since(w.at) < soon {
		return p, nil
	}
	now, err := findings(ctx, a, &types.AwsSecurityFindingFilters{Id: []types.StringFilter{equals(w.ref.ID)}})
	if err != nil || len(now) == 0 {
		return p, err
	}
	return request.Progress{Refusal: answered(w.finding, now[0])}, nil
}

// answered gives what a finding was told between two looks at it, or why it asks for nothing any
// more; "" when there is nothing new.
func answered(before, now types.AwsSecurityFinding) string {
	var was, is types.Note
	if before.Note != nil {
		was = *before.Note
	}
	if now.Note != nil {
		is = *now.Note
	}
	if aws.ToString(is.UpdatedAt) != aws.ToString(was.UpdatedAt) {
		return aws.ToString(is.Text)
	}
	if now.Compliance != nil && string(now.Compliance.Status) != finding.Failed {
		return fmt.Sprintf("the check of the finding says %s by now.", now.Compliance.Status)
	}
	return ""
}
