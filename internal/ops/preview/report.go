package preview

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"hubmend/internal/catalog"
)

// Report says what would happen.
type Report struct {
	At      time.Time `json:"at"`
	Enabled []string  `json:"enabled"` // ids of control groups
	Policy  string    `json:"policy"`  // where the policy comes from; empty when there is none
	Total   Counts    `json:"total"`
	// Controls has those first whose repairs deserve a look first: irreversible ones, then those of high risk.
	Controls []Control `json:"controls"`
	Accounts []Place   `json:"accounts"`
	OUs      []Place   `json:"ous"` // empty when no account's is known
	Rules    []Rule    `json:"rules"`
	Managed  []Managed `json:"managed"`
	Cost     Cost      `json:"cost"`
	// First and Last are when the repairs would start if all findings were checked at once.
	First time.Time `json:"first,omitzero"`
	Last  time.Time `json:"last,omitzero"`
	Rows  []Row     `json:"findings"`
	Plans []Planned `json:"plans,omitempty"`
	// Closed is how many findings are left out because they are not open, and Unreadable how many because they are not
	// findings of Security Hub's own controls.
	Closed     int      `json:"closed"`
	Unreadable int      `json:"unreadable"`
	Notes      []string `json:"notes"` // what the preview assumes and does not know
}

// Counts count findings by outcome, and the repairs that would start.
type Counts struct {
	Findings int             `json:"findings"`
	Repairs  int             `json:"repairs"`
	By       map[Outcome]int `json:"by"`

	seen map[string]bool
}

func (c *Counts) add(r Row) {
	if c.By == nil {
		c.By, c.seen = map[Outcome]int{}, map[string]bool{}
	}
	c.Findings++
	c.By[r.Outcome]++
	if r.Outcome.starts() && !c.seen[r.Target] {
		c.seen[r.Target] = true
		c.Repairs++
	}
}

// Control is what would happen to the findings of a control.
type Control struct {
	ID           string `json:"id"`
	Title        string `json:"title,omitempty"`
	Risk         string `json:"risk,omitempty"`
	RiskReason   string `json:"riskReason,omitempty"`
	Irreversible string `json:"irreversible,omitempty"` // why a repair cannot be undone
	Counts
}

// Place is what would happen in an account or an organizational unit.
type Place struct {
	Name  string `json:"name"`
	Title string `json:"title,omitempty"` // the account's name
	Counts
}

// Rule is how many findings a rule of the policy decides about.
type Rule struct {
	Name     string `json:"name"`
	Findings int    `json:"findings"`
}

// Managed is how many resources would be changed that an infrastructure-as-code tool manages, which may change them
// back.
type Managed struct {
	Tool    string `json:"tool"`
	Repairs int    `json:"repairs"`
}

// Cost is what the repairs cost.
type Cost struct {
	EachUSD float64 `json:"eachUSD"`
	USD     float64 `json:"usd"`
}

// Planned is the plan of a repair, in short.
type Planned struct {
	Target   string   `json:"target"`
	Control  string   `json:"control"`
	Account  string   `json:"account"`
	Resource string   `json:"resource"`
	Verdict  string   `json:"verdict"`
	Reason   string   `json:"reason,omitempty"`
	Calls    []string `json:"calls,omitempty"` // that would change something
	Lost     []string `json:"lost,omitempty"`
	Uses     int      `json:"uses,omitempty"`
}

// Make previews findings. Those that are not open are only counted.
func Make(o Options, findings []Finding) Report {
	j := newJudge(o)
	report := Report{At: o.Now, Enabled: []string{}, Controls: []Control{}, Accounts: []Place{}, OUs: []Place{},
		Rules: []Rule{}, Managed: []Managed{}, Rows: []Row{}, Notes: []string{}}
	for _, g := range o.Enabled {
		report.Enabled = append(report.Enabled, g.ID)
	}
	slices.Sort(report.Enabled)
	report.Enabled = slices.Compact(report.Enabled)
	for _, f := range findings {
		if !Open(f.Finding) {
			report.Closed++
			continue
		}
		report.Rows = append(report.Rows, j.row(f))
	}
	slices.SortStableFunc(report.Rows, func(a, b Row) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Finding, b.Finding))
	})
	report.time(o)
	report.count(o)
	return report
}

// time schedules the repairs. Those that a budget puts off are delayed.
func (r *Report) time(o Options) {
	b := o.Policy.Budgets
	for _, s := range schedule(r.Rows, o) {
		if r.First.IsZero() || s.at.Before(r.First) {
			r.First = s.at
		}
		r.Last = latest(r.Last, s.at)
		for _, i := range s.rows {
			if row := &r.Rows[i]; s.late {
				row.Outcome, row.Until = Delayed, s.at
				row.Reason = strings.TrimSpace(row.Reason + " " + budgetReason(b.HourlyPerControlAndAccount,
					b.DailyPerOrganization))
			}
		}
	}
}

func budgetReason(hourly, daily int) string {
	var limits []string
	if hourly > 0 {
		limits = append(limits, fmt.Sprintf("%d an hour for a control and account", hourly))
	}
	if daily > 0 {
		limits = append(limits, fmt.Sprintf("%d a day", daily))
	}
	return "The budget of the policy is " + strings.Join(limits, " and ") + "."
}

// count sums the rows up.
func (r *Report) count(o Options) {
	for _, row := range r.Rows {
		r.Total.add(row)
	}
	r.Cost = Cost{EachUSD: o.USD, USD: o.USD * float64(r.Total.Repairs)}
	for id, counts := range countBy(r.Rows, func(row Row) string { return row.Control }) {
		c, _ := o.Catalog.ByID(id)
		r.Controls = append(r.Controls, Control{ID: id, Title: c.Title, Risk: c.Risk,
			RiskReason: strings.TrimSpace(c.RiskReason), Irreversible: strings.TrimSpace(c.Irreversible),
			Counts: *counts})
	}
	slices.SortFunc(r.Controls, func(a, b Control) int {
		return cmp.Or(cmp.Compare(b.weight(), a.weight()), catalog.Compare(a.ID, b.ID))
	})
	names := map[string]string{}
	for _, row := range r.Rows {
		names[row.Account] = cmp.Or(row.AccountName, names[row.Account])
	}
	r.Accounts = places(countBy(r.Rows, func(row Row) string { return row.Account }), names)
	r.OUs = places(countBy(r.Rows, func(row Row) string { return row.OU }), nil)
	for name, counts := range countBy(r.Rows, func(row Row) string { return row.Rule }) {
		r.Rules = append(r.Rules, Rule{name, counts.Findings})
	}
	slices.SortFunc(r.Rules, func(a, b Rule) int {
		return cmp.Or(b.Findings-a.Findings, cmp.Compare(a.Name, b.Name))
	})
	for tool, counts := range countBy(r.Rows, func(row Row) string { return row.ManagedBy }) {
		if counts.Repairs > 0 {
			r.Managed = append(r.Managed, Managed{tool, counts.Repairs})
		}
	}
	slices.SortFunc(r.Managed, func(a, b Managed) int { return cmp.Compare(a.Tool, b.Tool) })
}

// countBy counts rows by a name. Those without one are left out.
func countBy(rows []Row, name func(Row) string) map[string]*Counts {
	all := map[string]*Counts{}
	for _, row := range rows {
		n := name(row)
		if n == "" {
			continue
		}
		if all[n] == nil {
			all[n] = &Counts{}
		}
		all[n].add(row)
	}
	return all
}

// places lists accounts or organizational units, those with the most repairs first.
func places(counts map[string]*Counts, titles map[string]string) []Place {
	all := []Place{}
	for name, c := range counts {
		all = append(all, Place{name, titles[name], *c})
	}
	slices.SortFunc(all, func(a, b Place) int { return cmp.Or(b.Repairs-a.Repairs, cmp.Compare(a.Name, b.Name)) })
	return all
}

// weight orders controls by how much a look at their repairs is worth.
func (c Control) weight() int {
	weight := map[string]int{"low": 1, "medium": 2, "high": 3}[c.Risk]
	if c.Irreversible != "" {
		weight += 10
	}
	if c.Repairs > 0 {
		weight += 100
	}
	return weight
}
