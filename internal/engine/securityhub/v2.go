package securityhub

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"hubmend/internal/aws/awserr"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/metrics"
)

// APIV2 is what Findings needs of the new Security Hub.
type APIV2 interface {
	Describer
	GetFindingsV2(context.Context, *sdk.GetFindingsV2Input, ...func(*sdk.Options)) (*sdk.GetFindingsV2Output, error)
	BatchUpdateFindingsV2(context.Context, *sdk.BatchUpdateFindingsV2Input,
		...func(*sdk.Options)) (*sdk.BatchUpdateFindingsV2Output, error)
}

const (
	notFound = "ResourceNotFoundException"
	invalid  = "ValidationException"
)

// statusIDs are the values of status_id for the workflow statuses that Hubmend sets.
var statusIDs = map[string]int32{finding.New: 1, finding.Notified: 2, finding.Resolved: 4}

// updateV2 writes to V2 where it is enabled. A refusal stops nothing, because CSPM has the state of a finding.
func (f *Findings) updateV2(ctx context.Context, refs []decide.Ref, u decide.Update) error {
	if !f.V2(ctx) {
		return nil
	}
	in := &sdk.BatchUpdateFindingsV2Input{Comment: aws.String(finding.Comment(u.Note, u.Workflow, u.OnlyV2))}
	if id, ok := statusIDs[u.Workflow]; ok {
		in.StatusId = &id
	}
	for _, r := range refs {
		in.FindingIdentifiers = append(in.FindingIdentifiers, identifier(r))
	}
	out, err := f.ClientV2.BatchUpdateFindingsV2(ctx, in)
	if refuses(err) {
		f.refuse(ctx, "BatchUpdateFindingsV2", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("update findings in the new Security Hub: %w", err)
	}
	var errs []error
	for _, left := range out.UnprocessedFindings {
		id := ""
		if left.FindingIdentifier != nil {
			id = aws.ToString(left.FindingIdentifier.FindingInfoUid)
		}
		problem := fmt.Errorf("update finding %s in the new Security Hub: %s: %s", id, left.ErrorCode,
			aws.ToString(left.ErrorMessage))
		if slices.Contains([]string{notFound, invalid}, string(left.ErrorCode)) {
			f.Log.WarnContext(ctx, "finding not updated in the new Security Hub", "finding", id, "reason",
				problem.Error())
			metrics.Count(ctx, f.Log, decide.MetricV2Refused, "finding", id)
			continue
		}
		errs = append(errs, problem)
	}
	return errors.Join(errs...)
}

// identifier names a finding to V2: finding_info.uid is the id that the finding has in CSPM, and the product is the
// same under another name.
func identifier(r decide.Ref) types.OcsfFindingIdentifier {
	account := append(strings.SplitN(r.ID, ":", 6), "", "", "", "", "")[4]
	product := strings.Replace(r.ProductARN(), "::product/", "::productv2/", 1)
	return types.OcsfFindingIdentifier{CloudAccountUid: &account, FindingInfoUid: &r.ID, MetadataProductUid: &product}
}

// MaxReadV2 is how many filters of one kind V2 takes in a composite filter.
const MaxReadV2 = 20

// readV2 adds V2 to the findings that CSPM has.
func (f *Findings) readV2(ctx context.Context, seen map[string]decide.Seen) error {
	var ids []string
	for id, s := range seen {
		if s.RecordState != "" {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for batch := range slices.Chunk(ids, MaxReadV2) {
		if !f.V2(ctx) {
			return nil
		}
		err := f.readBatchV2(ctx, batch, seen)
		if refuses(err) {
			f.refuse(ctx, "GetFindingsV2", err)
			if awserr.Code(err) != invalid {
				f.v2.off()
			}
			continue
		}
		if err != nil {
			return fmt.Errorf("in the new Security Hub: %w", err)
		}
	}
	return nil
}

func (f *Findings) readBatchV2(ctx context.Context, ids []string, seen map[string]decide.Seen) error {
	one := types.CompositeFilter{Operator: types.AllowedOperatorsOr}
	for _, id := range ids {
		one.StringFilters = append(one.StringFilters, types.OcsfStringFilter{
			FieldName: types.OcsfStringFieldFindingInfoUid,
			Filter:    &types.StringFilter{Value: &id, Comparison: types.StringFilterComparisonEquals},
		})
	}
	pages := sdk.NewGetFindingsV2Paginator(f.ClientV2, &sdk.GetFindingsV2Input{
		Filters: &types.OcsfFindingFilters{CompositeFilters: []types.CompositeFilter{one}}, MaxResults: aws.Int32(100)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, document := range page.Findings {
			raw, err := document.MarshalSmithyDocument()
			if err != nil {
				return err
			}
			// A finding of another product can have the same uid, and is refused here.
			found, err := finding.ParseOCSF(raw)
			if err != nil {
				f.Log.InfoContext(ctx, "finding of the new Security Hub ignored", "reason", err.Error())
				continue
			}
			if s, asked := seen[found.ID]; asked {
				s.V2 = found.V2
				seen[found.ID] = s
			}
		}
	}
	return nil
}

// refuses reports whether V2 refuses a call as a whole, so that calling again cannot change it: a policy denies it, V2
// is not enabled after all, or it understands the call in another way than Hubmend does.
func refuses(err error) bool {
	return awserr.IsDenied(err) || slices.Contains([]string{notFound, invalid}, awserr.Code(err))
}

// refuse counts a call that V2 refused. The log has the first of a process only: while a policy denies the call, every
// update is refused.
func (f *Findings) refuse(ctx context.Context, call string, err error) {
	if _, known := f.refused.LoadOrStore(call, true); !known {
		f.Log.WarnContext(ctx, "the new Security Hub refuses a call, and remediation goes on without it", "call", call,
			"error", err.Error())
	}
	metrics.Count(ctx, f.Log, decide.MetricV2Refused, "call", call)
}
