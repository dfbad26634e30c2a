package lab

import (
	"slices"
	"strings"
)

// filterFields maps the filters of GetFindings that the lab knows to where the value is.
var filterFields = map[string][]string{
	"Id": {"Id"}, "ProductArn": {"ProductArn"}, "GeneratorId": {"GeneratorId"}, "AwsAccountId": {"AwsAccountId"},
	"Region": {"Region"}, "Title": {"Title"}, "RecordState": {"RecordState"}, "WorkflowStatus": {"Workflow", "Status"},
	"ComplianceStatus": {"Compliance", "Status"}, "ComplianceSecurityControlId": {"Compliance", "SecurityControlId"},
}

type filter struct{ Value, Comparison string }

func (h *hub) getFindings(q request, in struct {
	Filters    map[string][]filter
	MaxResults int
	NextToken  string
	// SortCriteria is not offered: the lab keeps findings in the order of their arrival.
	SortCriteria []any
}) (any, error) {
	for name := range in.Filters {
		if filterFields[name] == nil {
			return nil, refuse("InvalidInputException", "the lab's GetFindings has no filter %s", name)
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	found := []any{}
	for _, k := range h.order {
		f := h.findings[k]
		own := text(f["AwsAccountId"]) == q.caller.Account && region(f) == q.region
		if !own && (q.caller.Account != h.lab.admin || q.region != h.lab.home) {
			continue
		}
		matches := true
		for name, wanted := range in.Filters {
			matches = matches && slices.ContainsFunc(wanted, func(w filter) bool { return w.matches(field(f, filterFields[name]...)) })
		}
		if matches {
			found = append(found, f)
		}
	}
	return map[string]any{"Findings": found}, nil
}

func (w filter) matches(value string) bool {
	switch w.Comparison {
	case "PREFIX":
		return strings.HasPrefix(value, w.Value)
	case "NOT_EQUALS":
		return value != w.Value
	case "CONTAINS":
		return strings.Contains(value, w.Value)
	default:
		return value == w.Value
	}
}
