package reference

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// Types returns the ARNs of the resources on which a call with these parameters requires its permission. Parts that
// differ between resources have a Placeholder, such as ${Account} and ${DbInstanceName}. It returns nothing if IAM has
// no resource type for the call.
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

// Place is the account and Region of a call.
type Place struct{ Partition, Region, Account string }

// Resources returns the ARNs of Types with the values of the call's input: an ARN unchanged, or an id for its
// Placeholder. Several ids are several resources. If the call does not name the resource, the Placeholder becomes *,
// because the permission covers all resources.
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

// asked returns the types on which a call requires its permission: all required ones, and the optional ones that it
// names. A call that names none, of an action that requires none, covers all of them.
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

// named reports whether a call names a resource of the type. A part of the ARN is not enough, such as a table's name
// for an index.
func (c Call) named(kind string, missing func(kind, variable string) bool) bool {
	all := slices.DeleteFunc(variables(c.types[kind]), func(variable string) bool { return stem(variable) == "" })
	return len(all) > 0 && !slices.ContainsFunc(all, func(variable string) bool { return missing(kind, variable) })
}

// Placeholder is a variable part of an ARN.
var Placeholder = regexp.MustCompile(`\$\{(\w+)\}`)

// given returns the ARNs of a type in the input.
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

// filled returns the ARNs of the resources of a type. Inserted values are never read as a Placeholder.
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

// names reports whether a parameter names the resource of a type: DBInstanceIdentifier for ${DbInstanceName}, GroupId
// for ${SecurityGroupId}, and Id if the action has only one resource.
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

// ends reports whether a name ends with another one that is long enough to be meaningful.
func ends(name, with string) bool { return len(with) > 3 && strings.HasSuffix(name, with) }

// suffixes are meaningless endings of parameter and placeholder names.
var suffixes = regexp.MustCompile(`(withpath|identifier|name|arn|url|id|s)$`)

// stem normalizes a name: SecurityGroupIds and security-group have the same stem.
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

// variables lists the placeholders that identify the resource in an ARN.
func variables(pattern string) []string {
	var all []string
	for _, m := range Placeholder.FindAllStringSubmatch(pattern, -1) {
		if !slices.Contains([]string{"Partition", "Region", "Account"}, m[1]) {
			all = append(all, m[1])
		}
	}
	return all
}

// fits reports whether an ARN matches the pattern of its type.
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
