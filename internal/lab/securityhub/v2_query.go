package securityhub

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/ocsf"
)

// textFields and numberFields are the filters of GetFindingsV2 that the lab has.
var (
	textFields = []string{"class_name", "cloud.account.uid", "cloud.region", "comment", "compliance.control",
		"compliance.status", "finding_info.analytic.name", "finding_info.related_events.uid", "finding_info.uid",
		"metadata.product.uid", "metadata.uid", "resources.uid", "severity", "status"}
	numberFields = []string{"activity_id", "compliance.status_id", "severity_id", "status_id"}
)

// textComparisons are those that the lab has, of one value each.
var textComparisons = []string{"EQUALS", "PREFIX", "CONTAINS", "NOT_EQUALS", "PREFIX_NOT_EQUALS", "NOT_CONTAINS"}

type findingsV2Input struct {
	Filters struct {
		CompositeFilters  []compositeFilter
		CompositeOperator string
	}
	MaxResults *int
	NextToken  string
	// SortCriteria has no effect: the lab lists findings in the order of their arrival.
	SortCriteria []any
}

type compositeFilter struct {
	StringFilters []struct {
		FieldName string
		Filter    filter
	}
	NumberFilters []struct {
		FieldName string
		Filter    struct{ Eq *float64 }
	}
	Operator string
}

// maxPage is the default of MaxResults, and its maximum.
const maxPage = 100

func (h *Hub) getFindingsV2(q apicall.Request, in findingsV2Input) (any, error) {
	if problem := in.check(); problem != "" {
		return nil, apicall.Refuse("ValidationException", "%s", problem)
	}
	begin, size := 0, maxPage
	if in.MaxResults != nil {
		size = *in.MaxResults
	}
	if in.NextToken != "" {
		var err error
		if begin, err = strconv.Atoi(in.NextToken); err != nil || begin < 0 {
			return nil, apicall.Refuse("ValidationException", "NextToken is not valid")
		}
	}
	found := h.findV2(q, in)
	out := map[string]any{"Findings": found[min(begin, len(found)):]}
	if end := begin + size; end < len(found) {
		out["Findings"], out["NextToken"] = found[begin:end], strconv.Itoa(end)
	}
	return out, nil
}

func (h *Hub) findV2(q apicall.Request, in findingsV2Input) []any {
	h.mu.Lock()
	defer h.mu.Unlock()
	found := []any{}
	for _, uid := range h.v2.order {
		d := h.v2.findings[uid].Document
		if placeOfV2(d) != q.Place() && (q.Caller.Account != h.lab.Admin || q.Region != h.lab.Home) {
			continue
		}
		if in.matches(d) {
			found = append(found, d)
		}
	}
	return found
}

// check gives what is wrong with the input, or what of it the lab does not have.
func (in findingsV2Input) check() string {
	if in.MaxResults != nil && (*in.MaxResults < 1 || *in.MaxResults > maxPage) {
		return "MaxResults must be 1 to 100, not " + strconv.Itoa(*in.MaxResults)
	}
	operators := []string{in.Filters.CompositeOperator}
	for _, c := range in.Filters.CompositeFilters {
		operators = append(operators, c.Operator)
		for _, f := range c.StringFilters {
			if !slices.Contains(textFields, f.FieldName) || !slices.Contains(textComparisons, f.Filter.Comparison) {
				return "the lab's GetFindingsV2 does not have the filter " + f.FieldName + " " + f.Filter.Comparison
			}
		}
		for _, f := range c.NumberFilters {
			if !slices.Contains(numberFields, f.FieldName) || f.Filter.Eq == nil {
				return "the lab's GetFindingsV2 does not have the filter " + f.FieldName + ", or it is not Eq"
			}
		}
	}
	for _, operator := range operators {
		if !slices.Contains([]string{"", "AND", "OR"}, operator) {
			return "the operator " + operator + " is not AND or OR"
		}
	}
	return ""
}

func (in findingsV2Input) matches(d ocsf.Document) bool {
	var each []bool
	for _, c := range in.Filters.CompositeFilters {
		each = append(each, c.matches(d))
	}
	return joined(in.Filters.CompositeOperator, each)
}

func (c compositeFilter) matches(d ocsf.Document) bool {
	var each []bool
	for _, f := range c.StringFilters {
		values := valuesAt(d, strings.Split(f.FieldName, "."))
		matches := func(v any) bool { return f.Filter.matches(apicall.Text(v)) }
		if strings.Contains(f.Filter.Comparison, "NOT") { // no value may be the other
			each = append(each, !slices.ContainsFunc(values, func(v any) bool { return !matches(v) }))
			continue
		}
		each = append(each, slices.ContainsFunc(values, matches))
	}
	for _, f := range c.NumberFilters {
		each = append(each, slices.Contains(valuesAt(d, strings.Split(f.FieldName, ".")), any(*f.Filter.Eq)))
	}
	return joined(c.Operator, each)
}

// joined joins conditions. Without any, everything matches.
func joined(operator string, each []bool) bool {
	if len(each) == 0 {
		return true
	}
	if cmp.Or(operator, "AND") == "AND" {
		return !slices.Contains(each, false)
	}
	return slices.Contains(each, true)
}

// valuesAt gives the values at a path, in every item of a list.
func valuesAt(value any, path []string) []any {
	switch x := value.(type) {
	case []any:
		var all []any
		for _, item := range x {
			all = append(all, valuesAt(item, path)...)
		}
		return all
	case map[string]any:
		if len(path) > 0 {
			return valuesAt(x[path[0]], path[1:])
		}
	case nil:
	default:
		if len(path) == 0 {
			return []any{x}
		}
	}
	return nil
}

// decodeStrictly decodes the body of a request and hands it to a service. It refuses input that the lab does
// not have.
func decodeStrictly[In any](q apicall.Request, serve func(apicall.Request, In) (any, error)) (any, error) {
	var in In
	decoder := json.NewDecoder(bytes.NewReader(q.Body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&in); err != nil {
		return nil, apicall.Refuse("ValidationException", "the lab's %s does not have this input: %v", q.API, err)
	}
	return serve(q, in)
}
