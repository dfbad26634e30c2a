package control

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"hubmend/internal/aws/partition"
	"hubmend/internal/engine/finding"
)

// Resource says which resources a control is about.
type Resource struct {
	Type string `yaml:"type"` // Resources[0].Type
	// OtherTypes are further types of a control that checks several.
	OtherTypes []string `yaml:"otherTypes" json:",omitempty"`
	// ID is the form of Resources[0].Id. {partition} and {account} must be the finding's own;
	// {region} is where the resource is, which for a trail may be another than the
	// finding's. Any other {Name} captures what stands there, up to the next / or :.
	// {Name+} captures slashes too, and {Name*} a path that ends with a slash, or nothing.
	// None captures white space or control characters.
	ID string `yaml:"id"`

	// pattern is ID compiled, which takes longer than all else that a finding needs. Compile
	// sets it.
	pattern *regexp.Regexp
}

var placeholder = regexp.MustCompile(`\{([A-Za-z]+)([+*]?)\}`)

// Placeholders lists the names of the parts that a text refers to.
func Placeholders(text string) []string {
	var names []string
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	return names
}

// Fill puts something in the place of each part that a text refers to.
func Fill(text string, with func(name string) string) string {
	return placeholder.ReplaceAllStringFunc(text, func(p string) string { return with(strings.Trim(p, "{+*}")) })
}

// match compares a finding's resource with the form and gives the captured parts.
func (r Resource) match(f finding.Finding) (map[string]string, bool) {
	parts := r.Parts(f.ResourceID)
	if parts == nil {
		return nil, false
	}
	for name, own := range map[string]string{"partition": f.Partition, "account": f.Account} {
		if value, captured := parts[name]; captured && value != own {
			return nil, false
		}
	}
	if p, known := partition.Of(parts["region"]); parts["region"] != "" && (!known || p.Name != f.Partition) {
		return nil, false
	}
	return parts, true
}

// Parts returns what the placeholders capture of an id, and nil of one that has another form.
func (r Resource) Parts(id string) map[string]string {
	pattern := r.pattern
	if pattern == nil { // of a control that was not loaded
		var err error
		if pattern, err = r.compile(); err != nil {
			return nil
		}
	}
	found := pattern.FindStringSubmatch(id)
	if found == nil {
		return nil
	}
	parts := map[string]string{}
	for i, name := range pattern.SubexpNames()[1:] {
		parts[name] = found[i+1]
	}
	return parts
}

// owner returns the account that an id of the form names, or "".
func (r Resource) owner(id string) string {
	if account := r.Parts(id)["account"]; accountID.MatchString(account) {
		return account
	}
	return ""
}

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// classes are what a placeholder captures, by its suffix.
var classes = map[string]string{
	"":  `[^/:\pZ\pC]+`,
	"+": `[^:\pZ\pC]+`,
	"*": `(?:[^:\pZ\pC]+/)?`,
}

// Compile prepares a resource for comparisons. Its error says what is wrong with the form.
func (r *Resource) Compile() error {
	var err error
	r.pattern, err = r.compile()
	return err
}

// compile turns the form into a pattern. A part that is captured twice would have two
// values, and a brace that is no placeholder's would match only itself.
func (r Resource) compile() (*regexp.Regexp, error) {
	var b strings.Builder
	var errs []error
	seen := map[string]bool{}
	last := 0
	for _, at := range placeholder.FindAllStringSubmatchIndex(r.ID, -1) {
		b.WriteString(regexp.QuoteMeta(r.ID[last:at[0]]))
		class := classes[r.ID[at[4]:at[5]]]
		name := r.ID[at[2]:at[3]]
		if seen[name] {
			errs = append(errs, fmt.Errorf("resource.id captures {%s} twice", name))
		}
		seen[name] = true
		fmt.Fprintf(&b, `(?P<%s>%s)`, name, class)
		last = at[1]
	}
	if err := CheckBraces(r.ID); err != nil {
		errs = append(errs, fmt.Errorf("resource.id: %w", err))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	b.WriteString(regexp.QuoteMeta(r.ID[last:]))
	return regexp.Compile(`^` + b.String() + `$`)
}

// CheckBraces refuses braces that are no placeholder's, which would be taken literally.
func CheckBraces(text string) error {
	if strings.ContainsAny(placeholder.ReplaceAllLiteralString(text, ""), "{}") {
		return fmt.Errorf("%q has a brace that is not part of {Name}, {Name+} or {Name*}, with letters only", text)
	}
	return nil
}
