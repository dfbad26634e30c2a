package cfn

import (
	"fmt"
	"maps"
	"slices"
)

// Declaration is a parameter of a template, for those who ask what to give.
type Declaration struct {
	Name, Type, Description string
	Default                 string
	HasDefault, NoEcho      bool
	AllowedValues           []string
}

// Parameters lists what a template takes, by name.
func (t *Template) Parameters() []Declaration {
	var all []Declaration
	for _, name := range slices.Sorted(maps.Keys(t.parameters)) {
		p := t.parameters[name]
		d := Declaration{Name: name, Type: p.Type, Description: p.Description, HasDefault: p.Default != nil,
			NoEcho: fmt.Sprint(p.NoEcho) == "true"}
		if d.HasDefault {
			d.Default = fmt.Sprint(p.Default)
		}
		for _, v := range p.AllowedValues {
			d.AllowedValues = append(d.AllowedValues, fmt.Sprint(v))
		}
		all = append(all, d)
	}
	return all
}

// Written gives the resources as they are written, those included whose condition may not
// hold.
func (t *Template) Written() map[string]Resource {
	all := map[string]Resource{}
	for id, r := range t.resources {
		all[id] = Resource{r.Type, r.Properties, r.Metadata, r.DeletionPolicy, r.UpdateReplacePolicy}
	}
	return all
}
