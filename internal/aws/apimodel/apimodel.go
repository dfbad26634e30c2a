// Package apimodel describes the input and output of AWS APIs, from the service models that botocore ships. Systems
// Manager and runbooks use the same API names as botocore.
package apimodel

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Models reads service models from botocore's data directory.
type Models struct {
	dir string

	mu     sync.Mutex
	loaded map[string]*service
}

type service struct {
	Operations map[string]struct {
		Input  *ref `json:"input"`
		Output *ref `json:"output"`
	} `json:"operations"`
	Shapes map[string]shape `json:"shapes"`
}

type ref struct {
	Shape string `json:"shape"`
}

type shape struct {
	Type     string         `json:"type"`
	Required []string       `json:"required"`
	Members  map[string]ref `json:"members"`
	Member   *ref           `json:"member"` // of a list
	Key      *ref           `json:"key"`    // of a map
	Value    *ref           `json:"value"`  // of a map
	Enum     []string       `json:"enum"`   // of a string; empty when any will do
}

// Find opens the models of the Python environment at root, such as .venv.
func Find(root string) (*Models, error) {
	found, err := filepath.Glob(filepath.Join(root, "lib", "python3*", "site-packages", "botocore", "data"))
	if err != nil || len(found) == 0 {
		return nil, fmt.Errorf("botocore's service models not found in %s; run `make tools`", root)
	}
	return &Models{dir: found[0], loaded: map[string]*service{}}, nil
}

// Operation is one API.
type Operation struct {
	service       *service
	input, output *ref
}

// Operation returns an API by botocore's service name and the API's name, such as ec2 and
// DescribeSecurityGroups.
func (m *Models) Operation(serviceName, api string) (Operation, error) {
	s, err := m.service(serviceName)
	if err != nil {
		return Operation{}, err
	}
	op, ok := s.Operations[api]
	if !ok {
		return Operation{}, fmt.Errorf("service %s has no API %s", serviceName, api)
	}
	return Operation{service: s, input: op.Input, output: op.Output}, nil
}

// Spelled returns AWS's spelling of an API's name for boto3's spelling, such as describe_security_groups. It returns
// any other name unchanged.
func (m *Models) Spelled(serviceName, api string) string {
	s, err := m.service(serviceName)
	if err != nil {
		return api
	}
	joined := strings.ReplaceAll(api, "_", "")
	for name := range s.Operations {
		if strings.Contains(api, "_") && strings.EqualFold(name, joined) {
			return name
		}
	}
	return api
}

func (m *Models) service(name string) (*service, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.loaded[name]; s != nil {
		return s, nil
	}
	versions, err := filepath.Glob(filepath.Join(m.dir, name, "*", "service-2.json.gz"))
	if err != nil || len(versions) == 0 || name == "" {
		return nil, fmt.Errorf("service %q not found", name)
	}
	slices.Sort(versions)
	s, err := read(versions[len(versions)-1])
	if err != nil {
		return nil, err
	}
	m.loaded[name] = s
	return s, nil
}

func read(file string) (*service, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	s := new(service)
	if err := json.NewDecoder(text).Decode(s); err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	return s, nil
}

// HasOutput reports whether the API's response can have a value for a selector such as $.SecurityGroups[0].GroupName.
// Deep scans ($..Name) are not checked.
func (o Operation) HasOutput(selector string) bool {
	if strings.Contains(selector, "..") {
		return true
	}
	at := o.output
	for _, part := range strings.Split(strings.TrimPrefix(selector, "$."), ".") {
		name, _, indexed := strings.Cut(part, "[")
		if at == nil {
			return false
		}
		sh := o.service.Shapes[at.Shape]
		switch {
		case sh.Type == "map":
			at = sh.Value
		default:
			member, ok := sh.Members[name]
			if !ok {
				return false
			}
			at = &member
		}
		if indexed {
			at = o.service.Shapes[at.Shape].Member
		}
	}
	return at != nil
}
