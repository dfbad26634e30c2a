package reference

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// Types lists the ARNs of the resources that a call needs its permission on, when it is given these
// parameters. What an ARN leaves open has a Placeholder, such as ${Account} and ${DbInstanceName}. It is
// empty when IAM knows no resource for the call.
func (c Call) Types(parameters []string) []string {
	var all []string
	missing := func(kind, variable string) bool {
		return !slices.ContainsFunc(parameters, func(name string) bool { return c.names(kind, variable, name) })
	}
	for _, kind := range c.asked(func(kind string) bool { return c.named(kind, missing) }) {
		all = append(all, c.types[kind])
	}
	return all
}

// Place is where a call is made.
type Place struct{ Partition, Region, Account string }

// Resources is as Types, with what a call says of its resources: an ARN as it is, or an id where the ARN has a
// Placeholder for it. Several ids are several resources. A permission on a thing that the call does not name is a
// permission on all of them, and so has * there.
func (c Call) Resources(at Place, input map[string][]string) []string {
	var all []string
	missing := func(kind, variable string) bool { return len(c.valuesOf(kind, variable, input)) == 0 }
	for _, kind := range c.asked(func(kind string) bool {
		return len(c.given(kind, input)) > 0 ||
			c.named(kind, missing)
	}) {
		all = append(all, c.filled(kind, at, input)...)
	}
	return all
}

// asked lists the types that a call must have its permission on: all that are required and those of the others
// that it names. A call that names none, of an action that requires none, is about all of them.
func (c Call) asked(named func(kind string) bool) []string {
	all := slices.Clone(c.Required)
	for _, kind := range c.Optional {
		if named(kind) {
			all = append(all, kind)
		}
	}
	if len(all) == 0 {
		return c.Optional
	}
	return all
}

// named says whether a call names a resource of the type, and not only a part of its ARN, as the name of a table does
// for an index.
func (c Call) named(kind string, missing func(kind, variable string) bool) bool {
	all := slices.DeleteFunc(variables(c.types[kind]), func(variable string) bool { return stem(variable) == "" })
	return len(all) > 0 && !slices.ContainsFunc(all, func(variable string) bool { return missing(kind, variable) })
}

// Placeholder is a part of an ARN that is not the same for all of a type.
var Placeholder = regexp.MustCompile(`\$\{(\w+)\}`)

// given lists the ARNs of a type in the input.
func (c Call) given(kind string, input map[string][]string) []string {
	var all []string
	for _, values := range input {
		for _, value := range values {
			if strings.HasPrefix(value, "arn:") && fits(c.types[kind], value) {
				all = append(all, value)
			}
		}
	}
	slices.Sort(all)
	return all
}

// filled gives the ARNs of the resources of a type. What it puts in is never read as a Placeholder.
func (c Call) filled(kind string, at Place, input map[string][]string) []string {
	if all := c.given(kind, input); len(all) > 0 {
		return all
	}
	pattern, all, last := c.types[kind], []string{""}, 0
	for _, m := range Placeholder.FindAllStringSubmatchIndex(pattern, -1) {
		var next []string
		for _, text := range all {
			for _, value := range c.values(kind, pattern[m[2]:m[3]], at, input) {
				next = append(next, text+pattern[last:m[0]]+value)
			}
		}
		all, last = next, m[1]
	}
	for i := range all {
		all[i] += pattern[last:]
	}
	return all
}

func (c Call) values(kind, variable string, at Place, input map[string][]string) []string {
	switch variable {
	case "Partition":
		return []string{at.Partition}
	case "Region":
		return []string{at.Region}
	case "Account":
		return []string{at.Account}
	}
	if values := c.valuesOf(kind, variable, input); len(values) > 0 {
		return values
	}
	return []string{"*"}
}

func (c Call) valuesOf(kind, variable string, input map[string][]string) []string {
	var all []string
	for name, values := range input {
		if !c.names(kind, variable, name) {
			continue
		}
		for _, value := range values {
			switch {
			case strings.HasPrefix(value, "arn:"), value == "": // of something else
			case strings.Contains(value, "://"): // a queue's URL ends with its name
				all = append(all, path.Base(value))
			default:
				all = append(all, value)
			}
		}
	}
	slices.Sort(all)
	return all
}

// names says whether a parameter names the resource of a type: DBInstanceIdentifier stands for ${DbInstanceName},
// GroupId for ${SecurityGroupId}, and Id for what an action is on when that is one thing.
func (c Call) names(kind, variable, parameter string) bool {
	want, have := stem(variable), stem(parameter)
	switch {
	case have == "" || have == "resource":
		return len(c.Required)+len(c.Optional) == 1
	case have == "key" && want == "object": // S3's own word
		return true
	}
	return strings.HasSuffix(want, have) || ends(have, want) || ends(have, stem(kind))
}

// ends says whether a name ends with one that is long enough to mean something.
func ends(name, with string) bool { return len(with) > 3 && strings.HasSuffix(name, with) }

// suffixes end the names of parameters and placeholders, and say nothing about what is named.
var suffixes = regexp.MustCompile(`(withpath|identifier|name|arn|url|id|s)$`)

// stem takes what is written differently from a name: SecurityGroupIds and security-group have one stem.
func stem(name string) string {
	short := strings.ToLower(strings.ReplaceAll(name, "-", ""))
	for {
		next := suffixes.ReplaceAllString(short, "")
		if next == short {
			return short
		}
		short = next
	}
}

// variables lists the placeholders that say which resource an ARN is of.
func variables(pattern string) []string {
	var all []string
	for _, m := range Placeholder.FindAllStringSubmatch(pattern, -1) {
		if !slices.Contains([]string{"Partition", "Region", "Account"}, m[1]) {
			all = append(all, m[1])
		}
	}
	return all
}

// fits says whether an ARN is of the type that has this pattern.
func fits(pattern, arn string) bool {
	var form strings.Builder
	at := 0
	for _, m := range Placeholder.FindAllStringIndex(pattern, -1) {
		form.WriteString(regexp.QuoteMeta(pattern[at:m[0]]) + "[^:]*")
		at = m[1]
	}
	form.WriteString(regexp.QuoteMeta(pattern[at:]))
	ok, err := regexp.MatchString("^"+form.String()+"$", arn)
	return ok && err == nil
}
