// Package policy reads the policy file that a deployment puts in force.
package policy

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"hubmend/internal/catalog"
	"hubmend/internal/catalog/policyfile"
	"hubmend/internal/engine/policy/deployed"
)

// ContextKey is where cdk.json has the path of the file, relative to cdk.json.
const ContextKey = "hubmend:policy"

// Read returns what is deployed of the file in the context value, or nil without a value. The error lists all mistakes
// in the file. Warnings are written.
func Read(context any, c *catalog.Catalog, warnings io.Writer) ([]byte, error) {
	if context == nil {
		return nil, nil
	}
	name, isText := context.(string)
	if !isText || name == "" {
		return nil, fmt.Errorf(`%s must be the path of a policy file, such as "policy.yaml"`, ContextKey)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ContextKey, err)
	}
	file, problems := policyfile.Parse(text, c, time.Now())
	var errs []error
	for _, p := range problems {
		if p.Warning {
			fmt.Fprintln(warnings, p.In(name))
			continue
		}
		errs = append(errs, errors.New(p.In(name)))
	}
	if len(errs) > 0 {
		return nil, fmt.Errorf("%s is invalid:\n%w", ContextKey, errors.Join(errs...))
	}
	return deployed.Write(file.Policy, filepath.Base(name))
}

// Place puts what Read returned beside the program of the function in a folder.
func Place(text []byte, folder string) error {
	if text == nil {
		return nil
	}
	return os.WriteFile(filepath.Join(folder, deployed.File), text, 0o644)
}
