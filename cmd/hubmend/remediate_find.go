package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/google/uuid"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/dispatch"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/target"
	"hubmend/internal/ops/overview"
	"hubmend/internal/ops/request"
	"hubmend/internal/ops/wording"
)

// findingRequest is a request to remediate one finding.
type findingRequest struct {
	finding types.AwsSecurityFinding
	control string
	target  target.Target
	ref     decide.Ref
	body    string    // of the message
	at      time.Time // when it was written
	settled int       // see request.Settled
}

// find reads the findings that are meant, and refuses what dispatch would refuse.
func (r remediating) find(ctx context.Context, a asking, ids []string) ([]findingRequest, error) {
	documents, err := r.documents(ctx, a, ids)
	if err != nil {
		return nil, err
	}
	var wanted []findingRequest
	var problem error
	for _, d := range documents {
		w, err := newFindingRequest(a, d, string(r.despite))
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
		return nil, r.whyNone(ctx, a, documents)
	}
	return wanted, oneResource(r.resource, wanted)
}

// documents reads the findings with the ids, or those that may be about the resource.
func (r remediating) documents(ctx context.Context, a asking, ids []string) ([]types.AwsSecurityFinding, error) {
	filters := &types.AwsSecurityFindingFilters{}
	for _, id := range ids {
		filters.Id = append(filters.Id, equals(id))
	}
	switch {
	case isResourceID(r.resource):
		filters.ResourceId = equal(r.resource)
	case r.resource != "": // Security Hub cannot search for the end of an ARN
		filters.ComplianceSecurityControlId = equal(r.control)
	}
	if r.resource != "" {
		filters.RecordState = equal(finding.Active)
	}
	documents, err := findings(ctx, a, filters)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if !slices.ContainsFunc(documents, func(d types.AwsSecurityFinding) bool { return aws.ToString(d.Id) == id }) {
			return nil, notInHub{id, fmt.Errorf("Security Hub has no finding %s that account %s can see in %s; use "+
				"credentials of the administrator's account in the home Region, or check the id", wording.OneLine(id),
				a.person.Account, a.cfg.Region)}
		}
	}
	if r.resource != "" {
		documents = slices.DeleteFunc(documents, func(d types.AwsSecurityFinding) bool {
			return len(d.Resources) == 0 || !overview.IsResource(aws.ToString(d.Resources[0].Id), r.resource)
		})
	}
	return documents, nil
}

// notInHub is the error of an id that Security Hub CSPM does not have.
type notInHub struct {
	id string
	error
}

// oneResource refuses a short id that several resources have, in different accounts or Regions.
func oneResource(name string, wanted []findingRequest) error {
	var all []string
	for _, w := range wanted {
		if !slices.Contains(all, w.target.Resource) {
			all = append(all, w.target.Resource)
		}
	}
	if name == "" || len(all) == 1 {
		return nil
	}
	slices.Sort(all)
	return fmt.Errorf("%s is the id of %d resources; give the ARN of one: %s", wording.OneLine(name), len(all),
		wording.OneLine(strings.Join(all, ", ")))
}

func equals(value string) types.StringFilter {
	return types.StringFilter{Comparison: types.StringFilterComparisonEquals, Value: &value}
}

// equal is a filter for a value, or none when it is empty.
func equal(value string) []types.StringFilter {
	if value == "" {
		return nil
	}
	return []types.StringFilter{equals(value)}
}

func findings(ctx context.Context, a asking, filters *types.AwsSecurityFindingFilters) ([]types.AwsSecurityFinding,
	error) {
	var all []types.AwsSecurityFinding
	pages := securityhub.NewGetFindingsPaginator(securityhub.NewFromConfig(a.cfg),
		&securityhub.GetFindingsInput{Filters: filters, MaxResults: aws.Int32(100)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, hubError(a.cfg.Region, err)
		}
		all = append(all, page.Findings...)
	}
	return all, nil
}

// idsAtOnce is how many findings one call reads.
const idsAtOnce = 20

// findingsByID reads findings of Security Hub CSPM. Those that it does not have are missing.
func findingsByID(ctx context.Context, a asking, ids []string) (map[string]types.AwsSecurityFinding, error) {
	documents := map[string]types.AwsSecurityFinding{}
	for part := range slices.Chunk(ids, idsAtOnce) {
		filters := &types.AwsSecurityFindingFilters{}
		for _, id := range part {
			filters.Id = append(filters.Id, equals(id))
		}
		found, err := findings(ctx, a, filters)
		if err != nil {
			return nil, err
		}
		for _, d := range found {
			documents[aws.ToString(d.Id)] = d
		}
	}
	return documents, nil
}

// keys returns the keys of the requested targets, each once.
func keys(wanted []findingRequest) []string {
	var all []string
	for _, w := range wanted {
		if key := w.target.Key(); !slices.Contains(all, key) {
			all = append(all, key)
		}
	}
	return all
}

// newFindingRequest makes the message for a finding. Its error explains why dispatch would do nothing. The request then
// still has the control, if Hubmend supports it.
func newFindingRequest(a asking, document types.AwsSecurityFinding, despite string) (findingRequest, error) {
	id := wording.OneLine(aws.ToString(document.Id))
	raw, err := json.Marshal(document)
	if err != nil {
		return findingRequest{}, fmt.Errorf("write finding %s: %w", id, err)
	}
	f, err := finding.Parse(raw)
	if err != nil {
		return findingRequest{}, fmt.Errorf("%s is not a finding that Hubmend can remediate: %w", id, err)
	}
	known, _ := catalog.Embedded().Control(f)
	control, t, _, err := dispatch.Asked(catalog.Embedded(), f)
	if err != nil {
		return findingRequest{control: known.ID},
			fmt.Errorf("nothing was started for %s: %s", id, wording.OneLine(err.Error()))
	}
	w := findingRequest{finding: document, control: control.ID, target: t, at: time.Now().UTC(),
		ref: decide.Ref{ID: f.ID, Event: uuid.NewString()}}
	action, _ := catalog.Embedded().CustomActionFor(control.ID) // it has one, or Asked would fail
	w.body, err = request.Action{
		ID: w.ref.Event, Action: action, Finding: raw, By: a.person, Despite: despite,
		Partition: f.Partition, Region: a.cfg.Region, At: w.at,
	}.Body()
	return w, err
}

// open notes the state of the target before anything is sent.
func (w *findingRequest) open(ctx context.Context, a asking) error {
	rec, err := a.ledger.Load(ctx, w.target.Key())
	if err != nil {
		return ledgerError(a.cfg.Region, err)
	}
	w.settled = request.Settled(rec)
	return nil
}

// soon is how long the functions usually take to handle a message. After it, the finding is read too: its note explains
// why no attempt was started.
const soon = 15 * time.Second

func (w findingRequest) look(ctx context.Context, a asking) (request.Progress, error) {
	rec, err := a.ledger.Load(ctx, w.target.Key())
	if err != nil {
		return request.Progress{}, err
	}
	p := request.OfFinding(rec, w.ref, w.settled)
	if p != (request.Progress{}) || time.Since(w.at) < soon {
		return p, nil
	}
	now, err := findings(ctx, a, &types.AwsSecurityFindingFilters{Id: []types.StringFilter{equals(w.ref.ID)}})
	if err != nil || len(now) == 0 {
		return p, err
	}
	return request.Progress{Refusal: answered(w.finding, now[0])}, nil
}

// answered gives the note that a finding got meanwhile, or why it no longer needs remediation; "" when there is nothing
// new.
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
		return fmt.Sprintf("the finding is %s now.", now.Compliance.Status)
	}
	return ""
}
