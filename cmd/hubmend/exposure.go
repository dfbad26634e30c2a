package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/finding"
	"hubmend/internal/ops/exposure"
	"hubmend/internal/ops/hubv2"
	"hubmend/internal/ops/overview"
	"hubmend/internal/ops/wording"
)

// exposed is an exposure with the findings behind it, in JSON.
type exposed struct {
	Exposure exposure.Exposure `json:"exposure"`
	Related  []exposure.Row    `json:"related"`

	documents map[string]types.AwsSecurityFinding // that Security Hub CSPM has, by id
}

// newExposed judges the findings behind an exposure, which may be in several Regions.
func newExposed(ctx context.Context, e exposure.Exposure, judge exposure.Judge,
	in func(region string) (asking, error)) (exposed, error) {
	x := exposed{Exposure: e, Related: []exposure.Row{}, documents: map[string]types.AwsSecurityFinding{}}
	v2 := map[string]finding.V2{}
	for _, region := range e.Regions() {
		if judge.Region != "" && region != judge.Region {
			continue
		}
		a, err := in(region)
		if err != nil {
			return exposed{}, err
		}
		if err := x.read(ctx, a, e.Controls(region), v2); err != nil {
			return exposed{}, err
		}
	}
	judge.Catalog, judge.Now = catalog.Embedded(), time.Now()
	for _, r := range e.Related {
		x.Related = append(x.Related, judge.Row(r, x.document(r.ID), v2[r.ID]))
	}
	return x, nil
}

// read reads findings from Security Hub CSPM, and what the new Security Hub has of them.
func (x exposed) read(ctx context.Context, a asking, ids []string, v2 map[string]finding.V2) error {
	found, err := findingsByID(ctx, a, ids)
	if err != nil {
		return err
	}
	for id, d := range found {
		x.documents[id] = d
	}
	for part := range slices.Chunk(ids, idsAtOnce) {
		all, _, err := hubv2.List(ctx, securityhub.NewFromConfig(a.cfg), 1, func(int) {},
			hubv2.Field(types.OcsfStringFieldFindingInfoUid, part...))
		if err != nil {
			return v2Error(a, err)
		}
		addKnown(v2, all)
	}
	return nil
}

// document returns a finding as JSON; nil when Security Hub CSPM does not have it.
func (x exposed) document(id string) json.RawMessage {
	d, known := x.documents[id]
	if !known {
		return nil
	}
	return documentsOf([]types.AwsSecurityFinding{d})[0]
}

// show writes the exposure and the findings behind it for people.
func (x exposed) show(out io.Writer) {
	e := x.Exposure
	fmt.Fprintln(out, wording.OneLine("Exposure "+e.ID))
	fact(out, "title", wording.OneLine(e.Title))
	fact(out, "severity", wording.OneLine(e.Severity))
	fact(out, "status", wording.OneLine(e.Status))
	fact(out, "account", wording.OneLine(e.Account+", "+e.Region))
	fact(out, "resource", wording.OneLine(e.Resource))
	l := listing{columns: []column{{name: "Control"}, {name: "Resource", show: overview.Short}, {name: "Hubmend"},
		{name: "Reason"}, {name: "Finding"}}}
	for _, r := range x.Related {
		l.add(r.Control, r.Resource, string(r.State), r.Reason, r.Finding)
	}
	fmt.Fprintf(out, "\nFindings behind it (%d)\n", len(x.Related))
	if len(l.rows) > 0 {
		fmt.Fprintln(out, l.render(out))
	}
	if e.More > 0 {
		fmt.Fprintf(out, "%s not read; Hubmend reads the first %d.\n", wording.Counted(e.More, "more finding"),
			exposure.Most)
	}
}
