// Package control owns what a Security Hub control is to Hubmend, and how a finding of it becomes a
// target with parameters.
//
// Functions link this package, and not package catalog, which reads and checks the data that
// controls are made of.
package control

import (
	"strings"
	"time"

	"hubmend/internal/engine/finding"
)

// Control is a Security Hub control and how Hubmend repairs it.
type Control struct {
	ID     string `yaml:"id"`     // EC2.13
	Title  string `yaml:"title"`  // as Security Hub words it
	Repair string `yaml:"repair"` // what is true afterwards, one sentence

	Runbook  string   `yaml:"runbook"`
	Scope    Scope    `yaml:"scope"`
	Resource Resource `yaml:"resource"`
	// Parameters give each of the runbook's parameters but the role a value, in which
	// {Name} stands for a part of the resource's id. Two repairs of one resource that
	// arrive together are joined into one: a list is a set, and of {atMost: 90} or
	// {atLeast: 14} the stricter number counts.
	Parameters map[string]any `yaml:"parameters"`

	// Frameworks maps a standard, as findings spell it, to its number for this control, or to several numbers with
	// ", " between them.
	Frameworks map[string]string `yaml:"frameworks"`

	// EvidenceLag is how old the data may be that a check of the control judges by, such as 4h for IAM's credential
	// report. Zero when it is minutes at most, or as long as AWS Config takes to record a change.
	EvidenceLag time.Duration `yaml:"evidenceLag"`

	Risk       string `yaml:"risk"` // low, medium, high
	RiskReason string `yaml:"riskReason"`
	Reversible bool   `yaml:"reversible"`
	// Irreversible says why, for a control that is not reversible.
	Irreversible string `yaml:"irreversible"`

	// Approval says why a person approves each repair, unless a rule of the policy allows the control by its id. It is
	// empty for most controls.
	Approval string `yaml:"approval"`
	// Guide says what a person does about a finding that no runbook can repair. Such a control has a resource, but no
	// runbook, parameters or risk.
	Guide string `yaml:"guide"`
}

// Numbers lists the numbers that a standard has for the control.
func (c Control) Numbers(standard string) []string {
	if c.Frameworks[standard] == "" {
		return nil
	}
	return strings.Split(c.Frameworks[standard], ", ")
}

// Scope says how often a resource exists.
type Scope string

// The two scopes.
const (
	Regional Scope = "regional"
	Global   Scope = "global" // once per account, so its findings repeat in every Region
)

// CustomAction is a custom action of Security Hub, on findings of some controls.
type CustomAction struct {
	ID       string // CIS4142
	Name     string // CIS 4.1 & 4.2, as Security Hub shows it
	Controls []string
}

// Source finds controls by the names that findings use.
type Source interface {
	// ByID returns the control with a consolidated id such as EC2.13.
	ByID(id string) (Control, bool)
	// ByRule returns the control that a standard has under a number of its own.
	ByRule(standard, rule string) (Control, bool)
}

// Of finds the control that a finding is about, by the consolidated id where the finding has one
// and else by the standard's own number.
func Of(f finding.Finding, s Source) (Control, bool) {
	if f.ControlID != "" {
		return s.ByID(f.ControlID)
	}
	return s.ByRule(f.Standard, f.Rule)
}
