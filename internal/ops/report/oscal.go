package report

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"hubmend/internal/ops/overview"
	"hubmend/internal/ops/page"
)

// oscalVersion is the version of the format.
const oscalVersion = "1.1.2"

// oscalNames is the namespace of properties that OSCAL does not define.
const oscalNames = "https://hubmend.example/oscal"

// oscalSpace is the namespace of the version 5 UUIDs in OSCAL reports.
var oscalSpace = uuid.MustParse("3b0d6f0e-6f1c-4a59-9f53-0b1f5d1c7a44")

func oscalID(parts ...string) string {
	return uuid.NewSHA1(oscalSpace, []byte(strings.Join(parts, "\n"))).String()
}

// WriteOSCAL writes the report as assessment results of OSCAL. The same report gives the same
// bytes, and every id of an attempt or a resource stays what it is in the next report.
func (r Report) WriteOSCAL(w io.Writer) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	document, err := r.oscal()
	if err == nil {
		err = out.Encode(map[string]any{"assessment-results": document})
	}
	if err != nil {
		return fmt.Errorf("write OSCAL: %w", err)
	}
	return nil
}

func (r Report) oscal() (oscalDocument, error) {
	whole, err := json.Marshal(r)
	if err != nil {
		return oscalDocument{}, err
	}
	id := oscalID("document", fmt.Sprintf("%x", sha256.Sum256(whole)))
	plan := oscalID("plan", r.Account)
	return oscalDocument{
		UUID: id,
		Metadata: oscalMetadata{
			Title: "Remediation of AWS Security Hub findings by Hubmend, " + r.title(), LastModified: stamp(r.At),
			Version: stamp(r.From) + "/" + stamp(r.To), OSCALVersion: oscalVersion,
		},
		ImportAP: oscalLink{Href: "#" + plan},
		Results:  []oscalResult{r.oscalResult(id)},
		BackMatter: oscalBackMatter{[]oscalResource{{
			UUID: plan, Title: "No assessment plan",
			Description: "Hubmend remediates Security Hub findings continuously. There is no assessment plan that " +
				"these results follow.",
		}}},
	}, nil
}

func (r Report) oscalResult(document string) oscalResult {
	result := oscalResult{
		UUID: oscalID("result", document), Title: "Remediation, " + r.title(), Start: stamp(r.From), End: stamp(r.To),
		Description: "Attempts to remediate resources that failed Security Hub controls, from Hubmend's ledger, " +
			"and open findings. The runbook verified each repair.",
	}
	inventory := map[string]oscalItem{}
	about := evidence{map[string][]string{}, map[string][]string{}}
	add := func(control string, o oscalObservation, item oscalItem) {
		inventory[item.UUID] = item
		o.Subjects = []oscalSubject{{item.UUID, "inventory-item"}}
		result.Observations = append(result.Observations, o)
		about.observations[control] = append(about.observations[control], o.UUID)
	}
	for _, e := range r.Repairs {
		add(e.Control, e.observation(), item(e.Account, e.Region, e.Resource))
	}
	for _, t := range r.Attention() {
		add(t.Control, attentionObservation(t, r.At), item(t.Account, t.Region, t.Resource))
	}
	for _, t := range r.Exempt {
		o := exemptObservation(t, r.At)
		add(t.Control, o, item(t.Account, t.Region, t.Resource))
		risk := exemptRisk(t, o.UUID)
		result.Risks = append(result.Risks, risk)
		about.risks[t.Control] = append(about.risks[t.Control], risk.UUID)
	}
	for _, o := range r.Open {
		add(o.Control, o.observation(r.At), item(o.Account, o.Region, o.Resource))
	}
	if len(inventory) > 0 {
		result.Local = &oscalLocal{sortedItems(inventory)}
	}
	result.Reviewed = oscalReviewed{}
	for _, f := range r.Frameworks {
		result.Findings = append(result.Findings, f.findings(document, about, r.OpenKnown)...)
		result.Reviewed.Selections = append(result.Reviewed.Selections, f.selection(about))
	}
	return result
}

// evidence is what rules are judged by: the ids of observations and of risks, by control.
type evidence struct{ observations, risks map[string][]string }

func item(account, region, resource string) oscalItem {
	return oscalItem{
		UUID: oscalID("resource", account, region, resource), Description: text(resource),
		Props: []oscalProp{{Name: "asset-id", Value: text(resource)}, own("account", account), own("region", region)},
	}
}

func sortedItems(all map[string]oscalItem) []oscalItem {
	var items []oscalItem
	for _, i := range all {
		items = append(items, i)
	}
	slices.SortFunc(items, func(x, y oscalItem) int { return strings.Compare(x.UUID, y.UUID) })
	return items
}

func (e Entry) observation() oscalObservation {
	o := oscalObservation{
		UUID: oscalID("attempt", e.Key, strconv.Itoa(e.Number)), Title: text(e.Control + ": " + string(e.Outcome)),
		Description: text(strings.TrimSpace(e.Change + " " + e.Reason)), Methods: []string{"TEST"},
		Types: []string{"mitigation"}, Collected: stamp(e.EndedAt),
		Props: []oscalProp{own("outcome", string(e.Outcome)), own("control", e.Control),
			own("requested-by", e.RequestedBy()),
			own("found", stamp(e.FoundAt)), own("document", e.Document)},
	}
	for name, value := range map[string]string{"before": e.Before, "after": e.After, "calls": e.Calls,
		"verified": e.Verified, "approved-by": e.ApprovedBy(), "despite-policy": e.Despite} {
		if value != "" {
			o.Props = append(o.Props, own(name, value))
		}
	}
	slices.SortStableFunc(o.Props, func(x, y oscalProp) int { return strings.Compare(x.Name, y.Name) })
	if e.Console != "" {
		o.Evidence = []oscalEvidence{{e.Console,
			"Execution " + e.Execution + " of " + e.Document + ", in account " + e.Account}}
	}
	return o
}

func attentionObservation(t overview.Target, at time.Time) oscalObservation {
	return oscalObservation{
		UUID: oscalID("attention", t.Key, stamp(t.Since)), Title: text(t.Control + ": " + string(t.State)),
		Description: text(t.Why), Methods: []string{"EXAMINE"}, Types: []string{"finding"}, Collected: stamp(at),
		Props: []oscalProp{own("control", t.Control), own("since", stamp(t.Since)), own("state", string(t.State))},
	}
}

// exemptObservation and exemptRisk describe an exemption: the resource fails, and the deviation was approved.
func exemptObservation(t overview.Target, at time.Time) oscalObservation {
	o := attentionObservation(t, at)
	o.UUID = oscalID("exempt", t.Key, t.Control, t.Rule)
	return o
}

func exemptRisk(t overview.Target, observation string) oscalRisk {
	risk := oscalRisk{
		UUID: oscalID("risk", t.Key, t.Control, t.Rule), Title: text(t.Control + ": exempt by rule " + t.Rule),
		Description: text(t.Why),
		Statement:   "The resource fails the control. Hubmend does not remediate it while the rule exempts it.",
		Props:       []oscalProp{own("control", t.Control), own("rule", t.Rule), own("since", stamp(t.Since))},
		Status:      "deviation-approved", Deadline: stamp(t.Until), Related: []oscalRelated{{observation}},
	}
	for name, value := range map[string]string{"owner": t.Owner, "ticket": t.Ticket} {
		if value != "" {
			risk.Props = append(risk.Props, own(name, value))
		}
	}
	slices.SortFunc(risk.Props, func(x, y oscalProp) int { return strings.Compare(x.Name, y.Name) })
	return risk
}

func (o Open) observation(at time.Time) oscalObservation {
	return oscalObservation{
		UUID: oscalID("open", o.Control, o.Account, o.Region, o.Resource), Title: text(o.Control + ": open"),
		Description: "The latest check of Security Hub FAILED. The workflow status is " + text(o.Workflow) + ".",
		Methods:     []string{"EXAMINE"}, Types: []string{"finding"}, Collected: stamp(at),
		Props: []oscalProp{own("control", o.Control), own("finding", o.Finding), own("last-check", stamp(o.Observed))},
	}
}

// selection lists the rules of a framework that have observations.
func (f Framework) selection(about evidence) oscalSelection {
	s := oscalSelection{Description: "The rules of " + f.Name + " with observations from Hubmend."}
	for _, rule := range f.Rules {
		if len(about.observations[rule.ID]) > 0 {
			s.Include = append(s.Include, oscalControl{f.token(rule)})
		}
	}
	if s.Include == nil {
		s.Description = "None of the rules of " + f.Name + ": there are no observations."
	}
	return s
}

// findings reports whether each rule is met, when that is known. A rule is not met while a finding is open or exempt,
// or a resource needs attention. It is met when Security Hub was asked and has no open finding, and Hubmend
// verified at least one resource.
func (f Framework) findings(document string, about evidence, openKnown bool) []oscalFinding {
	var all []oscalFinding
	for _, rule := range f.Rules {
		state, reason := "satisfied", "pass"
		switch {
		case rule.Open > 0 || rule.Attention > 0:
			state, reason = "not-satisfied", "fail"
		case rule.Exempt > 0:
			state, reason = "not-satisfied", "other"
		case !openKnown || rule.Repaired+rule.Compliant == 0:
			continue
		}
		finding := oscalFinding{
			UUID:  oscalID("finding", document, f.ID, rule.Number),
			Title: text(f.Name + " " + rule.Number + " (" + rule.ID + ")"), Description: text(rule.Title),
			Target: oscalTarget{Type: "objective-id", ID: f.token(rule), Status: oscalStatus{state, reason}},
		}
		for _, id := range about.observations[rule.ID] {
			finding.Related = append(finding.Related, oscalRelated{id})
		}
		for _, id := range about.risks[rule.ID] {
			finding.Risks = append(finding.Risks, oscalRiskID{id})
		}
		all = append(all, finding)
	}
	return all
}

// token names a rule in the form of an OSCAL token: cis-aws-foundations-benchmark_1.2.0_4.1.
func (f Framework) token(r Rule) string {
	return strings.ReplaceAll(f.ID, "/v/", "_") + "_" + r.Number
}

func own(name, value string) oscalProp { return oscalProp{name, oscalNames, text(value)} }

// text makes a line that OSCAL accepts: it must not be empty.
func text(s string) string {
	if s = page.Visible(s); s != "" {
		return s
	}
	return "none"
}
