// Package policy reads the policy file that a deployment puts in force.
package policy

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"hubmend/internal/catalog"
	"hubmend/internal/catalog/policyfile"
	"hubmend/internal/engine/policy/deployed"
	"hubmend/internal/lab/inputfile"
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
	text, err := inputfile.Read(name)
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

// Place puts a policy beside the program of the function in a folder, or removes one that an earlier synthesis put
// there.
func Place(text []byte, folder string) error {
	path := filepath.Join(folder, deployed.File)
	if text == nil {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	return os.WriteFile(path, text, 0o644) //nolint:gosec // Lambda runs the function as another user
}
