package exposure

import (
	"encoding/json"
	"fmt"
	"time"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/dispatch"
	"hubmend/internal/engine/finding"
	"hubmend/internal/engine/policy"
	"hubmend/internal/ops/findingfile"
)

// State is what Hubmend can do about a finding behind an exposure.
type State string

// The states. Hubmend starts something for the first two.
const (
	Remediates State = "remediates"
	AsksFirst  State = "asks first" // a person approves the repair
	Exempt     State = "exempt"     // by the policy
	GuideOnly  State = "guide only" // it must be remediated manually
	Passed     State = "passed already"
	Suppressed State = "suppressed" // in either Security Hub
	Refused    State = "refused"
	Elsewhere  State = "in another Region"
	NoControl  State = "not a control finding"
	NotFound   State = "not found"
)

// Starts reports whether Hubmend starts a repair or a proposal when a person asks.
func (s State) Starts() bool { return s == Remediates || s == AsksFirst }

// Row is what Hubmend can do about one finding behind an exposure.
type Row struct {
	Finding  string `json:"finding"`
	V2ID     string `json:"v2Id,omitempty"`
	Title    string `json:"title,omitempty"`
	Control  string `json:"control,omitempty"`
	Resource string `json:"resource,omitempty"`
	State    State  `json:"state"`
	Reason   string `json:"reason,omitempty"`
}

// Judge knows what it depends on. Policy is empty when it is not known.
type Judge struct {
	Catalog *catalog.Catalog
	Policy  policy.Policy
	Now     time.Time
	// Region is the only one whose findings are judged; empty: all are.
	Region string
}

// Row judges a related finding by its document in Security Hub CSPM, nil when there is none, and what the new Security
// Hub has of it.
func (j Judge) Row(r Related, document json.RawMessage, v2 finding.V2) Row {
	row := Row{Finding: r.ID, Title: r.Title, V2ID: v2.UID}
	switch {
	case r.Region == "":
		return row.because(NoControl, "Its id is not one of Security Hub CSPM in the account of the exposure.")
	case j.Region != "" && r.Region != j.Region:
		return row.because(Elsewhere, fmt.Sprintf("It is in %s; `hubmend plan %s` plans it.", r.Region, r.ID))
	case document == nil:
		return row.because(NotFound, "Security Hub CSPM does not have it, or these credentials cannot read it.")
	}
	f, tags, err := findingfile.Read(document)
	if err != nil {
		return row.because(NoControl, err.Error())
	}
	row.Control, row.Resource = f.ControlID, f.ResourceID
	control, known := j.Catalog.Control(f)
	if known {
		row.Control = control.ID
	}
	switch {
	case f.Compliance == finding.Passed:
		return row.because(Passed, "")
	case f.Workflow == finding.Suppressed || v2.Status == finding.Suppressed:
		return row.because(Suppressed, "")
	case known && control.Guide != "":
		return row.because(GuideOnly, control.Guide)
	}
	control, t, _, err := dispatch.Asked(j.Catalog, f)
	if err != nil {
		return row.because(Refused, err.Error())
	}
	row.Resource = t.Resource
	subject := dispatch.Subject(dispatch.PolicyControl(control, j.Catalog.Groups(control.ID)), f, t, j.Now)
	v := j.Policy.Decide(subject, policy.Facts{Tags: tags}, j.Now)
	switch {
	case v.Needs != "":
		return row.because(Remediates, fmt.Sprintf("The policy may hold it back: it depends on %s.", v.Needs))
	case v.Decision == policy.Ask:
		return row.because(AsksFirst, v.Rule.Reason)
	case v.Decision == policy.Exempt:
		return row.because(Exempt, v.Rule.Reason)
	}
	return row.because(Remediates, "")
}

func (r Row) because(s State, reason string) Row {
	r.State, r.Reason = s, reason
	return r
}
