package policy

import (
	"slices"
	"strings"
	"time"

	iam "hubmend/internal/aws/policy"
)

// Control is what the conditions need of a control. It comes from the catalog.
type Control struct {
	ID        string
	Groups    []string // that the control is in
	Standards []string
	Risk      string
	// Approval is why the catalog wants a person to decide about each repair; empty for most controls.
	Approval string
}

// Subject is a repair that is to be decided about, and the finding that asks for it.
type Subject struct {
	Control       Control
	Severity      string
	FirstObserved time.Time // zero when the finding does not say it
	Account       string
	Region        string // of the resource, or "global"
	Resource      string // Resources[0].Id of the finding
	// AskedAt is when the finding first asked for the repair.
	AskedAt time.Time
}

// Facts are what a finding does not say, or must not be believed about.
type Facts struct {
	OUs  []string          // that the account is in, and the root; nil when they are not known
	Tags map[string]string // of the resource; nil when they are not known
}

// Need names a fact.
type Need string

// The facts.
const (
	NeedOUs  Need = "organizational units"
	NeedTags Need = "tags"
)

// Verdict is what a policy says about a repair.
type Verdict struct {
	Decision Decision
	Rule     Rule // that decided; zero when none matched
	// NotBefore is when the repair may start; of Delay only.
	NotBefore time.Time
	// Needs is a fact that the decision depends on and that Facts lacks. Nothing else is set then.
	Needs Need
}

// Decide returns what the first rule that matches says. Rules that have ended match nothing. For a control that the
// catalog wants a person to decide about, only a rule that names the control allows a repair.
func (p Policy) Decide(s Subject, f Facts, now time.Time) Verdict {
	v := p.decide(s, f, now)
	named := slices.ContainsFunc(v.Rule.When.Controls,
		func(id string) bool { return strings.EqualFold(id, s.Control.ID) })
	if v.Decision == Allow && s.Control.Approval != "" && !named {
		return Verdict{Decision: Ask, Rule: Rule{Decision: Ask, Reason: s.Control.Approval}}
	}
	return v
}

func (p Policy) decide(s Subject, f Facts, now time.Time) Verdict {
	for i := range p.Rules {
		rule := &p.Rules[i]
		if !rule.Until.IsZero() && !now.Before(rule.Until) {
			continue
		}
		matches, need := rule.When.match(s, f)
		switch {
		case need != "":
			return Verdict{Needs: need}
		case matches:
			return rule.verdict(s, now)
		}
	}
	return Verdict{Decision: Allow}
}

func (r Rule) verdict(s Subject, now time.Time) Verdict {
	v := Verdict{Decision: r.Decision, Rule: r}
	if r.Decision != Delay {
		return v
	}
	at := s.AskedAt.Add(r.Delay)
	if at.Before(now) {
		at = now
	}
	if at = opening(r.Windows, at); at.After(now) {
		v.NotBefore = at
		return v
	}
	v.Decision = Allow
	return v
}

// match reports whether all conditions hold. Those that need a fact come last, so that a fact is only asked for when
// everything else matches.
func (w When) match(s Subject, f Facts) (matches bool, need Need) {
	switch {
	case !w.aboutPlace(s), !w.aboutFinding(s), !w.aboutControl(s.Control):
		return false, ""
	case len(w.OUs) > 0 && f.OUs == nil:
		return false, NeedOUs
	case len(w.OUs) > 0 && !slices.ContainsFunc(w.OUs, func(ou string) bool { return slices.Contains(f.OUs, ou) }):
		return false, ""
	case len(w.Tags)+len(w.ManagedBy) > 0 && f.Tags == nil:
		return false, NeedTags
	}
	return w.aboutTags(f.Tags), ""
}

func (w When) aboutControl(c Control) bool {
	return oneOf(w.Controls, c.is) &&
		oneOf(w.Groups, func(g string) bool { return slices.Contains(c.Groups, g) }) &&
		oneOf(w.Standards, func(s string) bool { return slices.Contains(c.Standards, s) }) &&
		oneOf(w.Risks, func(r string) bool { return r == c.Risk })
}

// is reports whether a pattern matches the control, in any case.
func (c Control) is(pattern string) bool {
	if !strings.ContainsAny(pattern, "*?") {
		return strings.EqualFold(pattern, c.ID)
	}
	return iam.Match(strings.ToUpper(pattern), strings.ToUpper(c.ID))
}

func (w When) aboutFinding(s Subject) bool {
	return oneOf(w.Severities, func(severity string) bool { return severity == s.Severity }) &&
		(w.FirstObservedBefore.IsZero() || s.FirstObserved.Before(w.FirstObservedBefore)) &&
		(w.FirstObservedAfter.IsZero() || !s.FirstObserved.Before(w.FirstObservedAfter))
}

func (w When) aboutPlace(s Subject) bool {
	return oneOf(w.Accounts, func(a string) bool { return a == s.Account }) &&
		oneOf(w.Regions, func(p string) bool { return iam.Match(p, s.Region) }) &&
		oneOf(w.Resources, func(p string) bool {
			return iam.Match(p, s.Resource) || iam.Match(p, s.Resource[strings.LastIndexAny(s.Resource, "/:")+1:])
		})
}

func (w When) aboutTags(tags map[string]string) bool {
	tool := ManagedBy(tags)
	return oneOf(w.Tags, func(text string) bool {
		key, pattern, valued := strings.Cut(text, "=")
		value, has := tags[key]
		return has && (!valued || iam.Match(pattern, value))
	}) && oneOf(w.ManagedBy, func(t string) bool { return t == tool || t == AnyTool && tool != "" })
}

// oneOf reports whether an entry of a condition holds, or the condition is not given.
func oneOf(entries []string, holds func(string) bool) bool {
	return len(entries) == 0 || slices.ContainsFunc(entries, holds)
}
