package scenario

import (
	"context"
	"maps"
	"time"

	"hubmend/internal/lab"
)

// evaluate ends the evaluations of AWS Config that were requested: each finding of the rule gets another check.
func (r *runner) evaluate(ctx context.Context) error {
	ended := r.lab.Evaluated()
	if len(ended) == 0 {
		return nil
	}
	results, err := r.checkAll(ctx)
	if err != nil {
		return err
	}
	for _, e := range ended {
		for _, f := range r.imports() {
			document, ok := r.lab.Finding(r.ids[f.Name])
			if !ok || !lab.HasRule(e, document) {
				continue
			}
			result := results[f.Name]
			if r.Reevaluate == lab.OldItem {
				result = "FAILED"
			}
			if err := r.check(ctx, e, document, result); err != nil {
				return err
			}
		}
	}
	return nil
}

// check imports a finding with the result of another check.
func (r *runner) check(ctx context.Context, e lab.Evaluation, document map[string]any, result string) error {
	now := time.Now().UTC().Format(time.RFC3339Nano)
	document = maps.Clone(document)
	compliance, _ := document["Compliance"].(map[string]any)
	if compliance["Status"] != result {
		document["FirstObservedAt"] = now
	}
	compliance = maps.Clone(compliance)
	compliance["Status"] = result
	document["Compliance"], document["UpdatedAt"], document["LastObservedAt"] = compliance, now, now
	_, err := r.lab.Call(ctx, lab.Call{Account: e.At.Account, Region: e.At.Region, Service: "securityhub",
		API: "BatchImportFindings", Input: map[string]any{"Findings": []any{document}}})
	return err
}
