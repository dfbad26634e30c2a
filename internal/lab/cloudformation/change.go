package cloudformation

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/smithy-go"

	"hubmend/internal/lab/cfn"
)

// action is what an operation does with a resource.
type action int

const (
	keep action = iota
	add
	modify
	replace
)

// actionWords are the words of events about an action.
type actionWords struct{ verb, why string }

func (a action) words() actionWords {
	return map[action]actionWords{
		keep: {verb: "UPDATE"}, add: {verb: "CREATE"}, modify: {verb: "UPDATE"},
		replace: {"UPDATE", "Requested update requires the creation of a new physical resource; hence creating one."},
	}[a]
}

// as gives a resource with the properties that a template wants. Its ref is still the previous one.
func (d Deployed) as(logicalID string, r cfn.Resource) Deployed {
	d.LogicalID, d.kind, d.Properties = logicalID, r.Type, r.Properties
	d.deletePolicy, d.replacePolicy = r.DeletionPolicy, r.UpdateReplacePolicy
	return d
}

// check refuses resource types and properties that the lab does not know. It must not leave them out silently.
func (l *Stacks) check(r cfn.Resource) error {
	kind, ok := l.types[r.Type]
	if !ok {
		return fmt.Errorf("the lab does not know the resource type %s", r.Type)
	}
	known := strings.Fields(kind.Properties)
	for _, name := range slices.Sorted(maps.Keys(r.Properties)) {
		if !slices.Contains(known, name) {
			return fmt.Errorf("the lab does not know the property %s of %s", name, r.Type)
		}
	}
	return nil
}

// compare decides how to change a resource, and lists the properties that differ. As in AWS, a resource keeps its type,
// and a resource with a custom name cannot be replaced under the same name, because both would exist for a moment.
func (l *Stacks) compare(was, is Deployed) (do action, differ []string, err error) {
	if was.kind != is.kind {
		return keep, nil, fmt.Errorf("update of resource type is not permitted: it is %s, not %s", was.kind, is.kind)
	}
	for _, name := range union(slices.Sorted(maps.Keys(is.Properties)), slices.Sorted(maps.Keys(was.Properties))) {
		if !reflect.DeepEqual(was.Properties[name], is.Properties[name]) {
			differ = append(differ, name)
		}
	}
	kind := l.types[is.kind]
	name := is.Properties[kind.Name]
	switch {
	case len(differ) == 0:
		return keep, nil, nil
	case !slices.ContainsFunc(differ, kind.isFixed):
		return modify, differ, nil
	case name != nil && !slices.Contains(differ, kind.Name):
		return replace, differ,
			fmt.Errorf("CloudFormation cannot update a stack when a custom-named resource requires replacing; "+
				"rename %v and update the stack again", name)
	default:
		return replace, differ, nil
	}
}

// isFixed reports whether a change of a property requires a replacement.
func (t ResourceType) isFixed(property string) bool {
	return t.Update == nil || property == t.Name || slices.Contains(strings.Fields(t.Fixed), property)
}

// isGone is true for errors of services about something that does not exist.
func isGone(err error) bool {
	var e smithy.APIError
	if !errors.As(err, &e) {
		return false
	}
	code := e.ErrorCode()
	return strings.Contains(code, "NotFound") || strings.HasPrefix(code, "NoSuch") ||
		strings.HasSuffix(code, "NonExistentQueue") || code == "QueueDoesNotExist"
}
