// Package securityhub reads and updates findings, in Security Hub CSPM and in the new Security Hub, which AWS calls V2
// in its API.
//
// The state of a finding is that of CSPM. V2 has a status and a comment of its own, which are written too where it is
// enabled.
package securityhub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	sdk "github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/finding"
)

// API is what Findings needs of Security Hub CSPM.
type API interface {
	GetFindings(context.Context, *sdk.GetFindingsInput, ...func(*sdk.Options)) (*sdk.GetFindingsOutput, error)
	BatchUpdateFindings(context.Context, *sdk.BatchUpdateFindingsInput,
		...func(*sdk.Options)) (*sdk.BatchUpdateFindingsOutput, error)
}

// Findings reads and updates findings.
type Findings struct {
	Client   API
	ClientV2 APIV2
	Log      *slog.Logger
	Now      func() time.Time

	v2      edition
	refused sync.Map // names of calls that V2 has refused
}

// Security Hub accepts ten updates and three queries per second of an account, and a wave of findings
// needs more. The client therefore retries more often than the SDK's default, and waits less each time, because the
// whole function waits.
const (
	MaxAttempts = 6
	MaxBackoff  = 5 * time.Second
)

// New makes a Findings with clients that are patient when they are throttled. CSPM and V2 have a client each, because a
// client that was throttled often stops retrying.
func New(cfg aws.Config, log *slog.Logger) *Findings {
	patient := func(o *sdk.Options) {
		o.Retryer = retry.NewStandard(func(s *retry.StandardOptions) {
			s.MaxAttempts, s.MaxBackoff = MaxAttempts, MaxBackoff
		})
	}
	return &Findings{Log: log, Now: time.Now, Client: sdk.NewFromConfig(cfg, patient),
		ClientV2: sdk.NewFromConfig(cfg, patient)}
}

// updatedBy signs the notes, as people see them in the console.
const updatedBy = "hubmend"

// maxBatch is the limit of findings in one request, of both services.
const maxBatch = 100

// Codes of UnprocessedFindings that trying again cannot change.
var permanent = []string{"FindingNotFound", "InvalidInput", "FindingSizeExceeded", "DuplicatedFindingIdentifier"}

// Update sets the status and the note, in CSPM and in V2. A finding that no longer exists is
// logged and passed over; any other that a service did not process is an error, so
// that the message comes back. Writing both again does no harm.
//
// In Progress in V2 while CSPM is not NOTIFIED means that somebody else set it. Hubmend's own updates must never look
// like that, so CSPM becomes NOTIFIED first, and leaves NOTIFIED last.
func (f *Findings) Update(ctx context.Context, u decide.Update) error {
	steps := []func(context.Context, []decide.Ref, decide.Update) error{f.update, f.updateV2}
	switch {
	case u.OnlyV2:
		steps = steps[1:]
	case u.Workflow == finding.New || u.Workflow == finding.Resolved:
		slices.Reverse(steps)
	}
	for batch := range slices.Chunk(u.Findings, maxBatch) {
		for _, write := range steps {
			if err := write(ctx, batch, u); err != nil {
				return err
			}
		}
	}
	return nil
}

// update writes to CSPM.
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
