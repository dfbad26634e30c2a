package policyfile

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"hubmend/internal/aws/partition"
	iam "hubmend/internal/aws/policy"
	"hubmend/internal/catalog"
	"hubmend/internal/catalog/nearmatch"
	"hubmend/internal/engine/policy"
	"hubmend/internal/engine/target"
)

// names are the names that conditions may contain.
type names struct {
	controls, groups []string
	standards        map[string]string // ids by each spelling, see plainly
	products         []string          // short names of the standards, to suggest
}

func namesOf(c *catalog.Catalog) names {
	n := names{standards: map[string]string{}}
	for _, control := range slices.Concat(c.Controls, c.Guides) {
		n.controls = append(n.controls, control.ID)
	}
	for _, s := range c.Standards {
		for _, spelling := range []string{s.ID, s.Name, s.Short} {
			n.standards[plainly(spelling)] = s.ID
		}
	}
	for _, p := range c.Playbooks {
		n.standards[plainly(p.ID)], n.standards[plainly(p.Name)] = p.Framework, p.Framework
		n.products = append(n.products, p.ID)
		for _, g := range p.Groups {
			n.groups = append(n.groups, g.ID)
		}
	}
	slices.Sort(n.groups)
	n.groups = slices.Compact(n.groups)
	return n
}

// Controls returns what policies need of each control in a catalog.
func Controls(c *catalog.Catalog) map[string]policy.Control {
	all := map[string]policy.Control{}
	for _, known := range slices.Concat(c.Controls, c.Guides) {
		control := policy.Control{ID: known.ID, Risk: known.Risk, Approval: known.Approval}
		for standard := range known.Frameworks {
			control.Standards = append(control.Standards, standard)
		}
		for _, p := range c.Playbooks {
			if g, ok := p.GroupOf(known.ID); ok && !slices.Contains(control.Groups, g.ID) {
				control.Groups = append(control.Groups, g.ID)
			}
		}
		slices.Sort(control.Standards)
		slices.Sort(control.Groups)
		all[known.ID] = control
	}
	return all
}

// plainly returns a name without what people spell differently.
func plainly(name string) string {
	return strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToLower(name))
}

func pattern(text string) bool { return strings.ContainsAny(text, "*?") }

func (n names) control(text string) (string, error) {
	lower := strings.ToLower(text)
	for _, id := range n.controls {
		switch {
		case strings.EqualFold(id, text):
			return id, nil
		case pattern(text) && iam.Match(lower, strings.ToLower(id)):
			return text, nil
		}
	}
	if pattern(text) {
		return "", fmt.Errorf("no control matches %s; `hubmend controls` lists all", text)
	}
	return "", nearmatch.Unknown("control", text, n.controls, "`hubmend controls` lists all")
}

func (n names) group(text string) (string, error) {
	for _, id := range n.groups {
		if strings.EqualFold(id, text) || strings.EqualFold(id+"AutoRemediation", text) {
			return id, nil
		}
	}
	return "", nearmatch.Unknown("control group", text, n.groups, "`hubmend controls` lists all")
}

func (n names) standard(text string) (string, error) {
	if id := n.standards[plainly(text)]; id != "" {
		return id, nil
	}
	return "", nearmatch.Unknown("standard", text, n.products, "write one of "+strings.Join(n.products, ", "))
}

// oneOf accepts a few words in any case.
func oneOf(kind string, words ...string) func(string) (string, error) {
	return func(text string) (string, error) {
		for _, word := range words {
			if strings.EqualFold(word, text) {
				return word, nil
			}
		}
		return "", nearmatch.Unknown(kind, text, words, "write one of "+strings.Join(words, ", "))
	}
}

var (
	risk     = oneOf("risk", "low", "medium", "high")
	severity = oneOf("severity", "INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL")
	tool     = oneOf("tool", append([]string{policy.AnyTool}, policy.Tools...)...)
	decision = oneOf("decision", string(policy.Exempt), string(policy.Ask), string(policy.Delay), string(policy.Allow))
)

var (
	accountForm = regexp.MustCompile(`^\d{12}$`)
	unitForm    = regexp.MustCompile(`^(ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|r-[0-9a-z]{4,32})$`)
	arnForm     = regexp.MustCompile(`^arn:[^:]*:[^:]*:[^:]*:[^:]*:.+$|^arn:.*\*.*$`)
)

func account(text string) (string, error) {
	if !accountForm.MatchString(text) {
		return "", fmt.Errorf("%q is not an account id; write 12 digits in quotes, such as \"111122223333\"", text)
	}
	return text, nil
}

func unit(text string) (string, error) {
	if !unitForm.MatchString(text) {
		return "", fmt.Errorf("%q is not the id of an organizational unit or of the root; write an id such as "+
			"ou-ab12-cdefgh34 or r-ab12, not a name or a path", text)
	}
	return text, nil
}

// region accepts a Region, or a pattern that a known Region matches. Regions that are new have a known form.
func region(text string) (string, error) {
	if _, ok := partition.Of(text); ok || text == target.Global {
		return text, nil
	}
	if pattern(text) {
		if slices.ContainsFunc(regionForms, func(r string) bool { return iam.Match(text, r) }) {
			return text, nil
		}
		return "", fmt.Errorf("no Region matches %s; write a pattern such as eu-*", text)
	}
	return "", nearmatch.Unknown("Region", text, append(regionForms, target.Global),
		"write a Region such as eu-west-1, a pattern such as eu-*, or global for what exists once in an account")
}

// regionForms are the names that Regions can have.
var regionForms = func() []string {
	var all []string
	for _, area := range []string{"us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx", "us-gov", "cn", "eusc-de",
		"us-iso", "us-isob", "eu-isoe", "us-isof"} {
		for _, direction := range []string{"north", "south", "east", "west", "central", "northeast", "northwest",
			"southeast", "southwest"} {
			for number := range 9 {
				if name := fmt.Sprintf("%s-%s-%d", area, direction, number+1); known(name) {
					all = append(all, name)
				}
			}
		}
	}
	return all
}()

func known(region string) bool {
	_, ok := partition.Of(region)
	return ok
}

func resource(text string) (string, error) {
	switch {
	case strings.HasPrefix(text, "arn:"):
		return text, arn(text, "write arn:partition:service:Region:account:resource, or the id of a resource")
	case strings.HasPrefix(strings.ToLower(text), "arn:"):
		return "", fmt.Errorf("%q would match nothing, because an ARN begins with arn: in lower case", text)
	}
	return text, nil
}

func approver(text string) (string, error) {
	return text, arn(text, "write a pattern such as arn:aws:sts::*:assumed-role/SecurityLead/*")
}

// arn refuses what is no ARN, and one whose partition does not exist: a rule with it would silently match nothing.
func arn(text, instead string) error {
	if !strings.HasPrefix(text, "arn:") || !arnForm.MatchString(text) {
		return fmt.Errorf("%q is not an ARN; %s", text, instead)
	}
	begin := strings.SplitAfterN(text, ":", 3)[1]
	if known, _, open := strings.Cut(begin, "*"); open { // the pattern may go on in the next part of the ARN
		begin = known + "*"
	}
	var begins []string
	for _, name := range partition.Names() {
		if iam.Match(begin, name+":") {
			return nil
		}
		begins = append(begins, "arn:"+name+":")
	}
	return fmt.Errorf("%q is in no partition of AWS; begin it with one of %s", text, strings.Join(begins, ", "))
}

func tag(text string) (string, error) {
	key, _, _ := strings.Cut(text, "=")
	switch {
	case strings.TrimSpace(key) == "":
		return "", errors.New("the tag has no key; write key, or key=value")
	case pattern(key):
		return "", fmt.Errorf("the key of a tag cannot be a pattern; write it as it is, and a pattern as its value, "+
			"such as %s=*", strings.Trim(key, "*?"))
	}
	return text, nil
}
