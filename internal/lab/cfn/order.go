package cfn

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Order gives the logical ids of the resources that exist, each after those that it uses
// or depends on. The order is the same every time. Resources that use each other in a
// circle are an error that names them.
func (e *Evaluation) Order() ([]string, error) {
	o := ordering{needs: e.needs(), done: map[string]bool{}}
	for _, id := range slices.Sorted(maps.Keys(e.resources)) {
		if err := o.add(id, nil); err != nil {
			return nil, err
		}
	}
	return o.order, nil
}

type ordering struct {
	needs map[string][]string
	done  map[string]bool
	order []string
}

// add appends a resource after all that it needs. trail is how it was reached.
func (o *ordering) add(id string, trail []string) error {
	if o.done[id] {
		return nil
	}
	if i := slices.Index(trail, id); i >= 0 {
		return fmt.Errorf("resources depend on each other: %s", strings.Join(append(trail[i:], id), " -> "))
	}
	for _, need := range o.needs[id] {
		if err := o.add(need, append(slices.Clip(trail), id)); err != nil {
			return err
		}
	}
	o.done[id] = true
	o.order = append(o.order, id)
	return nil
}

// needs gives, for every resource, the sorted ids of those that must be there first. A
// DependsOn of a resource that does not exist asks for nothing, as in CloudFormation.
func (e *Evaluation) needs() map[string][]string {
	needs := map[string][]string{}
	for id, r := range e.resources {
		first := slices.Clone([]string(r.DependsOn))
		// Parse has checked the expressions, and collecting cannot fail.
		_ = visitResource(id, r, func(u use) error {
			first = append(first, u.name)
			return nil
		})
		slices.Sort(first)
		needs[id] = slices.DeleteFunc(slices.Compact(first), func(id string) bool {
			_, exists := e.resources[id]
			return !exists
		})
	}
	return needs
}

// checkReferences refuses the use of a resource whose condition does not hold.
func (e *Evaluation) checkReferences() error {
	exists := func(u use) error {
		_, isName := e.names[u.name]
		_, isResource := e.resources[u.name]
		if u.function == fnFindInMap || isName || isResource || u.name == noValue {
			return nil
		}
		return fmt.Errorf("%s: %s %s: the condition of that resource does not hold", u.path, u.function, u.name)
	}
	for _, id := range slices.Sorted(maps.Keys(e.resources)) {
		if err := visitResource(id, e.resources[id], exists); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.outputs)) {
		if err := visitOutput(name, e.outputs[name], exists); err != nil {
			return err
		}
	}
	return nil
}

func visitResource(id string, r resource, found func(use) error) error {
	path := "Resources." + id
	for _, v := range []map[string]any{r.Properties, r.Metadata} {
		if _, _, isCall, _ := call(path, v); isCall {
			return fmt.Errorf("%s: Properties and Metadata must be objects and not functions", path)
		}
	}
	if err := visit(path+".Properties", r.Properties, found); err != nil {
		return err
	}
	return visit(path+".Metadata", r.Metadata, found)
}

func visitOutput(name string, o output, found func(use) error) error {
	if err := visit("Outputs."+name+".Value", o.Value, found); err != nil {
		return err
	}
	return visit("Outputs."+name+".Export.Name", o.Export.Name, found)
}
