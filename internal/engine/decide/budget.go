package decide

import (
	"time"

	"hubmend/internal/engine/policy"
)

// Budget is what came of asking the policy's budgets for one more start.
type Budget struct {
	Asked bool
	// Until is when the budget that is used up begins again; zero when the start is within all budgets.
	Until time.Time
}

// BudgetWindows are those of the policy's budgets at a time: the hour of a control in an account, and the day of the
// organization, in UTC. A limit of 0 is none.
func BudgetWindows(b policy.Budgets, control, account string, now time.Time) []BudgetWindow {
	hour, day := now.UTC().Truncate(time.Hour), now.UTC().Truncate(24*time.Hour)
	all := []BudgetWindow{
		{"hour#" + control + "#" + account + "#" + hour.Format("2006-01-02T15"), b.HourlyPerControlAndAccount,
			hour.Add(time.Hour)},
		{"day#" + day.Format("2006-01-02"), b.DailyPerOrganization, day.Add(24 * time.Hour)},
	}
	var limited []BudgetWindow
	for _, w := range all {
		if w.Limit > 0 {
			limited = append(limited, w)
		}
	}
	return limited
}

// BudgetWindow is a counter and its limit.
type BudgetWindow struct {
	Key   string
	Limit int
	Ends  time.Time
}

// needsBudget asks the budgets for a start that is automatic, or has it wait for the next window. It reports
// whether the attempt cannot go on. An attempt that was counted and could not start is not counted again in
// the same hour.
func (d *decider) needsBudget(a *Attempt) bool {
	windows := BudgetWindows(d.gate.Policy.Policy.Budgets, a.Control, d.Record.Target.Account, d.now)
	counted := a.BudgetAt.Truncate(time.Hour).Equal(d.now.Truncate(time.Hour)) && !a.BudgetAt.IsZero()
	switch {
	case len(windows) == 0 || a.Trigger.ByPerson() || a.Undo != "" || !a.notBegun() || counted:
		return false
	case !d.gate.Budget.Asked:
		d.NeedsBudget = a.Control
		return true
	case d.gate.Budget.Until.IsZero():
		a.BudgetAt = d.now
		return false
	}
	if a.Cause != OverBudget {
		d.Notifications = append(d.Notifications, Notification{Kind: BudgetSpent, Record: d.Record, Attempt: *a,
			Findings: a.Findings})
		d.Metrics = append(d.Metrics, MetricOverBudget)
	}
	d.hold(a, OverBudget, d.gate.Budget.Until)
	return true
}
