// Package securityhub reads and updates findings in Security Hub.
package securityhub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	sdk "github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"hubmend/internal/engine/decide"
)

// API is what Findings needs of the service.
type API interface {
	GetFindings(context.Context, *sdk.GetFindingsInput, ...func(*sdk.Options)) (*sdk.GetFindingsOutput, error)
	BatchUpdateFindings(context.Context, *sdk.BatchUpdateFindingsInput,
		...func(*sdk.Options)) (*sdk.BatchUpdateFindingsOutput, error)
}

// Findings updates findings.
type Findings struct {
	Client API
	Log    *slog.Logger
}

// Security Hub accepts ten updates and three queries per second of an account, and a wave of findings
// needs more. The client therefore retries more often than the SDK's default, and waits less each time, because the
// whole function waits.
const (
	MaxAttempts = 6
	MaxBackoff  = 5 * time.Second
)

// New makes a Findings with a client that is patient when it is throttled.
func New(cfg aws.Config, log *slog.Logger) *Findings {
	return &Findings{Log: log, Client: sdk.NewFromConfig(cfg, func(o *sdk.Options) {
		o.Retryer = retry.NewStandard(func(s *retry.StandardOptions) {
			s.MaxAttempts, s.MaxBackoff = MaxAttempts,
				MaxBackoff
		})
	})}
}

// V2 reports whether the new Security Hub is enabled beside Security Hub CSPM.
func (f *Findings) V2(context.Context) bool { return false }

// updatedBy signs the notes, as people see them in the console.
const updatedBy = "hubmend"

// maxBatch is the service's limit of findings in one request.
const maxBatch = 100

// Codes of UnprocessedFindings that trying again cannot change.
var permanent = []string{"FindingNotFound", "InvalidInput", "FindingSizeExceeded", "DuplicatedFindingIdentifier"}

// Update sets the workflow status and the note. A finding that no longer exists is
// logged and passed over; any other that the service did not process is an error, so
// that the message comes back.
func (f *Findings) Update(ctx context.Context, u decide.Update) error {
	for batch := range slices.Chunk(u.Findings, maxBatch) {
		if err := f.update(ctx, batch, u); err != nil {
			return err
		}
	}
	return nil
}

func (f *Findings) update(ctx context.Context, refs []decide.Ref, u decide.Update) error {
	by := updatedBy
	in := &sdk.BatchUpdateFindingsInput{Note: &types.NoteUpdate{Text: &u.Note, UpdatedBy: &by}}
	if u.Workflow != "" {
		in.Workflow = &types.WorkflowUpdate{Status: types.WorkflowStatus(u.Workflow)}
	}
	for _, r := range refs {
		product := r.ProductARN()
		in.FindingIdentifiers = append(in.FindingIdentifiers,
			types.AwsSecurityFindingIdentifier{Id: &r.ID, ProductArn: &product})
	}
	out, err := f.Client.BatchUpdateFindings(ctx, in)
	if err != nil {
		return fmt.Errorf("update findings: %w", err)
	}
	var errs []error
	for _, left := range out.UnprocessedFindings {
		problem := fmt.Errorf("update finding %s: %s: %s", *left.FindingIdentifier.Id, *left.ErrorCode,
			aws.ToString(left.ErrorMessage))
		if slices.Contains(permanent, *left.ErrorCode) {
			f.Log.WarnContext(ctx, "finding not updated", "finding", *left.FindingIdentifier.Id, "reason",
				problem.Error())
			continue
		}
		errs = append(errs, problem)
	}
	return errors.Join(errs...)
}
