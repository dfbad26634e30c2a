package scenario

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"hubmend/internal/lab"
	"hubmend/internal/lab/ocsf"
)

// SetV2Status is what a person sets of a finding in the console of the new Security Hub.
type SetV2Status struct {
	Finding string `json:"finding"` // by name
	Status  string `json:"status"`
	Comment string `json:"comment"` // empty: it stays as it is
}

// setV2Status updates a finding as the administrator.
func (r *runner) setV2Status(ctx context.Context, s SetV2Status) error {
	found, ok := r.lab.FindingV2(r.ids[s.Finding])
	if !ok {
		return fmt.Errorf("the new Security Hub has no finding %q", s.Finding)
	}
	status, _ := ocsf.StatusOf(s.Status)
	input := map[string]any{"MetadataUids": []any{metadataUID(found)}, "StatusId": int(status)}
	if s.Comment != "" {
		input["Comment"] = s.Comment
	}
	out, err := r.lab.Call(ctx, lab.Call{Account: r.Accounts[0], Region: r.Regions[0], Service: "securityhub",
		API: "BatchUpdateFindingsV2", Input: input})
	if failed, _ := out["UnprocessedFindings"].([]any); err == nil && len(failed) > 0 {
		return fmt.Errorf("the new Security Hub refused the update: %s", show(failed))
	}
	return err
}

// importOCSF puts a finding into the new Security Hub only.
func (r *runner) importOCSF(name string, document map[string]any) error {
	if err := r.lab.ImportV2(document); err != nil {
		return err
	}
	info, _ := document["finding_info"].(map[string]any)
	r.ids[name] = fmt.Sprint(info["uid"])
	return nil
}

// exposure makes an exposure in OCSF.
func (r *runner) exposure(f Finding) map[string]any {
	var related []string
	for _, name := range f.Exposure {
		related = append(related, cmp.Or(r.ids[name], name))
	}
	return ocsf.Exposure(f.Name, r.account(f.Account), r.region(f.Region), related)
}

// remediateExposure runs the command, because its choice of the findings cannot be written as one message.
func (r *runner) remediateExposure(ctx context.Context, name string) error {
	found, ok := r.lab.FindingV2(r.ids[name])
	switch {
	case !ok:
		return fmt.Errorf("the new Security Hub has no exposure %q", name)
	case r.hooks.Remediate == nil:
		return errors.New("only `hubmend lab run` can remediate an exposure")
	}
	return r.hooks.Remediate(ctx, r.lab, metadataUID(found))
}

func metadataUID(document map[string]any) string {
	metadata, _ := document["metadata"].(map[string]any)
	return fmt.Sprint(metadata["uid"])
}

// notInV2 is the status of a finding that the new Security Hub does not have.
const notInV2 = "none"

// expectV2 compares what the new Security Hub has of a finding with what is expected.
func (r *runner) expectV2(e Expectation) (passed bool, got string) {
	status, comment := notInV2, ""
	if f, ok := r.lab.FindingV2(r.ids[e.Finding]); ok {
		status = fmt.Sprint(f["status"])
		comment, _ = f["comment"].(string)
	}
	return (e.V2Status == "" || e.V2Status == status) && strings.Contains(comment, e.V2Comment),
		fmt.Sprintf("in the new Security Hub: %s: %s", status, comment)
}

// isOnlyV2 reports whether an expectation is about nothing that Security Hub CSPM has.
func (e Expectation) isOnlyV2() bool {
	return e.V2Status+e.V2Comment != "" && e.Workflow+e.Note+e.Before+e.After == ""
}
