package securityhub

import (
	"slices"
	"strings"

	"hubmend/internal/lab/apicall"
)

// filterFields maps the filters of GetFindings that the lab knows to where the value is.
var filterFields = map[string][]string{
	"Id": {"Id"}, "ProductArn": {"ProductArn"}, "GeneratorId": {"GeneratorId"}, "AwsAccountId": {"AwsAccountId"},
	"Region": {"Region"}, "Title": {"Title"}, "RecordState": {"RecordState"}, "WorkflowStatus": {"Workflow", "Status"},
	"ComplianceStatus": {"Compliance", "Status"}, "ComplianceSecurityControlId": {"Compliance", "SecurityControlId"},
	"ResourceId": {"Resources", "Id"},
}

type filter struct{ Value, Comparison string }

func (h *Hub) getFindings(q apicall.Request, in struct {
	Filters    map[string][]filter
	MaxResults int
	NextToken  string
	// SortCriteria has no effect: the lab lists findings in the order of their arrival.
	SortCriteria []any
}) (any, error) {
	if err := checkFilters(in.Filters); err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	found := []any{}
	for _, k := range h.order {
		f := h.findings[k]
		own := apicall.Text(f["AwsAccountId"]) == q.Caller.Account && region(f) == q.Region
		if !own && (q.Caller.Account != h.lab.Admin || q.Region != h.lab.Home) {
			continue
		}
		matches := true
		for name, wanted := range in.Filters {
			matches = matches && matchesField(wanted, field(f, filterFields[name]...))
		}
		if matches {
			found = append(found, f)
		}
	}
	return map[string]any{"Findings": found}, nil
}

var comparisons = []string{"EQUALS", "PREFIX", "CONTAINS", "NOT_EQUALS", "PREFIX_NOT_EQUALS", "NOT_CONTAINS"}

func checkFilters(filters map[string][]filter) error {
	for name, wanted := range filters {
		if filterFields[name] == nil {
			return apicall.Refuse("InvalidInputException", "the lab's GetFindings has no filter %s", name)
		}
		for _, w := range wanted {
			if !slices.Contains(comparisons, w.Comparison) {
				return apicall.Refuse("InvalidInputException", "filter %s: Comparison %q is not one of %s", name,
					w.Comparison,
					strings.Join(comparisons, ", "))
			}
		}
	}
	return nil
}

// matchesField joins the filters of one field as Security Hub does: one of the positive filters must match, and all of
// the negative ones.
func matchesField(wanted []filter, value string) bool {
	positive, held := 0, false
	for _, w := range wanted {
		if strings.Contains(w.Comparison, "NOT") {
			if !w.matches(value) {
				return false
			}
			continue
		}
		positive++
		held = held || w.matches(value)
	}
	return positive == 0 || held
}

func (w filter) matches(value string) bool {
	switch w.Comparison {
	case "PREFIX":
		return strings.HasPrefix(value, w.Value)
	case "PREFIX_NOT_EQUALS":
		return !strings.HasPrefix(value, w.Value)
	case "CONTAINS":
		return strings.Contains(value, w.Value)
	case "NOT_CONTAINS":
		return !strings.Contains(value, w.Value)
	case "NOT_EQUALS":
		return value != w.Value
	default: // EQUALS
		return value == w.Value
	}
}

// Finding gives a finding by its id.
func (h *Hub) Finding(id string) (map[string]any, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range h.findings {
		if apicall.Text(f["Id"]) == id {
			return f, true
		}
	}
	return nil, false
}
