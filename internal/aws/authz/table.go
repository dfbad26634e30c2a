package authz

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
)

//go:embed needs/*.yaml
var files embed.FS

// Table maps a call in botocore's spelling (ec2:DescribeVpcs) to its required permissions.
type Table map[string]entry

type entry struct {
	// Needs may be empty: everybody may make the call.
	Needs []need `yaml:"needs"`
	// Acting is what services do at once under roles that the call hands to them.
	Acting []acting `yaml:"acting"`
}

type need struct {
	Action    string            `yaml:"action"`
	Resources []string          `yaml:"resources"`
	When      string            `yaml:"when"`    // only if the call has this input
	Unless    string            `yaml:"unless"`  // only if it has not
	Context   map[string]string `yaml:"context"` // condition keys of the action
}

type acting struct {
	When    string            `yaml:"when"`
	Role    string            `yaml:"role"`
	Service string            `yaml:"service"`
	Context map[string]string `yaml:"context"` // of AssumeRole
	Needs   []need            `yaml:"needs"`
	Refusal string            `yaml:"refusal"` // the code of the call's error when the service cannot do that
}

// Embedded returns the table that is part of the package.
var Embedded = sync.OnceValues(func() (Table, error) { return load(files) })

func load(from fs.FS) (Table, error) {
	names, err := fs.Glob(from, "needs/*.yaml")
	if err != nil {
		return nil, err
	}
	all := Table{}
	var errs []error
	for _, name := range names {
		text, err := fs.ReadFile(from, name)
		if err != nil {
			return nil, err
		}
		var t Table
		if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&t); err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		for _, call := range slices.Sorted(maps.Keys(t)) {
			if _, twice := all[call]; twice {
				errs = append(errs, fmt.Errorf("%s: %s is also in another file", name, call))
			}
			if err := t[call].check(); err != nil {
				errs = append(errs, fmt.Errorf("%s: %s: %w", name, call, err))
			}
			all[call] = t[call]
		}
	}
	return all, errors.Join(errs...)
}

func (e entry) check() error {
	needs := slices.Clone(e.Needs)
	for _, a := range e.Acting {
		if a.Role == "" || a.Service == "" || a.Refusal == "" {
			return errors.New("acting needs role, service and refusal")
		}
		needs = append(needs, a.Needs...)
	}
	for _, n := range needs {
		service, name, ok := strings.Cut(n.Action, ":")
		if !ok || service == "" || name == "" || strings.Contains(n.Action, "*") {
			return fmt.Errorf("%q is not an action", n.Action)
		}
		if len(n.Resources) == 0 {
			return fmt.Errorf("%s has no resources", n.Action)
		}
	}
	return nil
}
