package catalog

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"hubmend/internal/catalog/runbook"
)

// Role is a role in member accounts that a runbook passes to an AWS service, so that the service can deliver logs.
type Role struct {
	Name        string `yaml:"name"` // without the prefix that all of Hubmend's names have
	Description string `yaml:"description"`
	Service     string `yaml:"service"` // that may assume it
	// Source is the pattern for aws:SourceArn. Not every service sends it.
	Source      string               `yaml:"source"`
	Permissions []runbook.Permission `yaml:"permissions"`
}

var (
	roleName    = regexp.MustCompile(`^[a-z][a-z-]+$`)
	serviceName = regexp.MustCompile(`^[a-z-]+\.amazonaws\.com$`)
)

func parseRole(stem string, text []byte) (Role, error) {
	var r Role
	if err := decodeStrictly(text, &r); err != nil {
		return Role{}, err
	}
	return r, r.check(stem)
}

func (r Role) check(stem string) error {
	var errs []error
	demand := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	demand(r.Name == stem && roleName.MatchString(r.Name),
		"name %q differs from the file's, or is not lower case with hyphens", r.Name)
	demand(r.Description != "", "description is missing")
	demand(serviceName.MatchString(r.Service), "service %q is not <name>.amazonaws.com", r.Service)
	demand(r.Source == "" || strings.HasPrefix(r.Source, "arn:${AWS::Partition}:"),
		"source %q must begin with arn:${AWS::Partition}:", r.Source)
	demand(len(r.Permissions) > 0, "permissions is empty")
	for _, p := range r.Permissions {
		errs = append(errs, p.Check())
	}
	return errors.Join(errs...)
}

// Statements returns the statements of the role's policy.
func (r Role) Statements() []runbook.Statement { return runbook.Statements(r.Permissions) }
