package policyfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"hubmend/internal/engine/policy"
)

func (r *reader) rules(n ast.Node) []policy.Rule {
	var all []policy.Rule
	lines := map[string]int{} // by name in lower case
	r.list(n, "rules", func(n ast.Node) {
		rule := r.rule(n)
		if line, twice := lines[strings.ToLower(rule.Name)]; twice && rule.Name != "" {
			r.wrong(n, "the rule in line %d has the same name %q; write another name", line, rule.Name)
		}
		lines[strings.ToLower(rule.Name)] = rule.Line
		all = append(all, rule)
	})
	return all
}

// rule reads one rule.
func (r *reader) rule(n ast.Node) (rule policy.Rule) {
	rule.Line, _ = place(n)
	var why string // it has no end
	has := r.mapping(n, "a rule", fields{
		"name":      func(n ast.Node) { rule.Name = r.line(n, "name") },
		"decision":  func(n ast.Node) { rule.Decision = r.decision(n) },
		"when":      func(n ast.Node) { rule.When = r.when(n) },
		"reason":    func(n ast.Node) { rule.Reason = r.line(n, "reason") },
		"owner":     func(n ast.Node) { rule.Owner = r.line(n, "owner") },
		"ticket":    func(n ast.Node) { rule.Ticket = r.line(n, "ticket") },
		"until":     func(n ast.Node) { rule.Until = r.until(n) },
		"forever":   func(n ast.Node) { why = r.line(n, "forever") },
		"delay":     func(n ast.Node) { rule.Delay = r.duration(n, "delay") },
		"windows":   func(n ast.Node) { rule.Windows = r.windows(n) },
		"approvers": func(n ast.Node) { rule.Approvers = r.texts(n, "approvers", approver) },
	})
	if has == nil {
		return rule
	}
	if rule.Owner == "" {
		rule.Owner = r.owner
	}
	r.complete(n, rule, has)
	switch {
	case why != "" && rule.Reason != "":
		rule.Reason += " It has no end: " + why
	case why != "":
		rule.Reason = why
	}
	return rule
}

func (r *reader) decision(n ast.Node) policy.Decision {
	text := r.text(n, "decision")
	if text == "" {
		return ""
	}
	d, err := decision(text)
	if err != nil {
		r.wrong(n, "%v", err)
	}
	return policy.Decision(d)
}

// complete reports what a rule lacks, or has although its decision has no use for it.
func (r *reader) complete(n ast.Node, rule policy.Rule, has map[string]bool) {
	name := "the rule"
	if rule.Name != "" {
		name = fmt.Sprintf("rule %q", rule.Name)
	}
	demand := func(ok bool, format string, args ...any) {
		if !ok {
			r.wrong(n, name+" "+format, args...)
		}
	}
	demand(has["name"], "has no name; write name: followed by what people should read in notes and emails")
	demand(has["decision"], "has no decision; write decision: exempt, ask, delay or allow")
	demand(!has["until"] || !has["forever"], "has both until and forever; remove one")
	endless := rule.Decision == policy.Exempt || rule.Decision == policy.Ask
	demand(!endless || has["until"] || has["forever"], "has no end; write until: with its last day, such as %s, or "+
		"forever: with why it has none", r.now.AddDate(0, 6, 0).Format(dateForm))
	demand(rule.Decision != policy.Exempt || has["reason"] || has["forever"],
		"has no reason; write reason: with why nothing is remediated")
	demand(rule.Decision != policy.Exempt || has["owner"] || r.owner != "",
		"has no owner; write owner: with an email address or a team, here or at the top of the file")
	if !has["decision"] || rule.Decision == "" {
		return
	}
	isDelay := rule.Decision == policy.Delay
	demand(!isDelay || has["delay"] || has["windows"],
		"delays nothing; write delay: with how long, such as 3d, or windows: with when remediation may start")
	for _, key := range []string{"delay", "windows"} {
		demand(isDelay || !has[key],
			"has %s, which only the decision delay can have; remove it, or write decision: delay", key)
	}
	demand(rule.Decision == policy.Ask || !has["approvers"],
		"has approvers, which only the decision ask can have; remove them, or write decision: ask")
}

// when reads the conditions of a rule.
func (r *reader) when(n ast.Node) (w policy.When) {
	texts := func(key string, into *[]string, accept func(string) (string, error)) func(ast.Node) {
		return func(n ast.Node) { *into = r.texts(n, key, accept) }
	}
	r.mapping(n, "when", fields{
		"controls":      texts("controls", &w.Controls, r.names.control),
		"groups":        texts("groups", &w.Groups, r.names.group),
		"standards":     texts("standards", &w.Standards, r.names.standard),
		"risks":         texts("risks", &w.Risks, risk),
		"severities":    texts("severities", &w.Severities, severity),
		"accounts":      texts("accounts", &w.Accounts, account),
		"ous":           texts("ous", &w.OUs, unit),
		"regions":       texts("regions", &w.Regions, region),
		"resources":     texts("resources", &w.Resources, resource),
		"tags":          texts("tags", &w.Tags, tag),
		"managedBy":     texts("managedBy", &w.ManagedBy, tool),
		"firstObserved": func(n ast.Node) { r.firstObserved(n, &w) },
	})
	return w
}

func (r *reader) firstObserved(n ast.Node, w *policy.When) {
	has := r.mapping(n, "firstObserved", fields{
		"before": func(n ast.Node) { w.FirstObservedBefore = r.moment(n, "before") },
		"after":  func(n ast.Node) { w.FirstObservedAfter = r.moment(n, "after") },
	})
	switch before, after := w.FirstObservedBefore, w.FirstObservedAfter; {
	case has != nil && len(has) == 0:
		r.wrong(n, "firstObserved is empty; write before: or after: with a date, or remove it")
	case !before.IsZero() && !after.IsZero() && !after.Before(before):
		r.wrong(n, "nothing is observed both before %s and after %s; write an earlier date after after:, or a later "+
			"one after before:", day(before), day(after))
	}
}

// covers reports whether a rule matches everything that a later one matches, for as long as that one does. It returns
// false if it cannot tell. The controls are those that each matches.
func covers(earlier, later policy.Rule, controls, laterControls set) bool {
	if !earlier.Until.IsZero() && (later.Until.IsZero() || later.Until.After(earlier.Until)) {
		return false
	}
	a, b := earlier.When, later.When
	return laterControls.within(controls) && within(b.Severities, a.Severities, equal) &&
		within(b.Accounts, a.Accounts, equal) && within(b.OUs, a.OUs, unitWithin) &&
		within(b.Regions, a.Regions, patternWithin) && within(b.Resources, a.Resources, patternWithin) &&
		within(b.Tags, a.Tags, tagWithin) && within(b.ManagedBy, a.ManagedBy, toolWithin) &&
		(a.FirstObservedBefore.IsZero() ||
			!b.FirstObservedBefore.IsZero() && !b.FirstObservedBefore.After(a.FirstObservedBefore)) &&
		(a.FirstObservedAfter.IsZero() || !b.FirstObservedAfter.Before(a.FirstObservedAfter))
}

// within reports whether everything that matches an entry of one condition matches an entry of another. No entries
// match everything.
func within(some, all []string, one func(narrow, wide string) bool) bool {
	return len(all) == 0 || len(some) > 0 && !slices.ContainsFunc(some, func(narrow string) bool {
		return !slices.ContainsFunc(all, func(wide string) bool { return one(narrow, wide) })
	})
}
