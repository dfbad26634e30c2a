// Package samplefinding builds control findings in the forms in which Security Hub sends them,
// for the lab and for whoever wants to try a repair by hand.
package samplefinding

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"hubmend/internal/aws/partition"
	"hubmend/internal/catalog"
	"hubmend/internal/engine/finding"
)

// Form is one of the ways in which Security Hub writes a control finding.
type Form string

// The forms. An account has either consolidated findings or one for each standard.
const (
	// Consolidated is one finding for a control, whatever standards have it.
	Consolidated Form = "consolidated"
	// Standard is a finding of one standard that names the control too, as today.
	Standard Form = "standard"
	// Legacy is a finding of one standard that does not name the control.
	Legacy Form = "legacy"
)

// Spec says what the finding is about.
type Spec struct {
	Control   catalog.Control
	Resource  string // Resources[0].Id
	Account   string
	Region    string
	Form      Form
	Framework string    // for Standard and Legacy; that of a playbook when empty
	ID        string    // the last part of the finding's id
	Now       time.Time // of the check
}

// usual gives the standard of a playbook that has the control under a number of its own, or else the first of the
// control's.
func usual(c catalog.Control) string {
	for _, p := range catalog.Embedded().Playbooks {
		for _, number := range c.Numbers(p.Framework) {
			if found, _ := catalog.Embedded().ByRule(p.Framework, number); found.ID == c.ID {
				return p.Framework
			}
		}
	}
	return slices.Sorted(maps.Keys(c.Frameworks))[0]
}

// configRule names the rule of AWS Config that makes the check. AWS puts eight random characters at its end, other ones
// in each account and Region.
func (s Spec) configRule() string {
	h := fnv.New32a()
	_, _ = io.WriteString(h, s.Account+s.Region+s.Control.ID)
	return fmt.Sprintf("securityhub-%s-%08x", strings.ReplaceAll(strings.ToLower(s.Control.ID), ".", "-"), h.Sum32())
}

// Build gives the finding as a decoded JSON document.
func Build(s Spec) (map[string]any, error) {
	place, ok := partition.Of(s.Region)
	if !ok {
		return nil, fmt.Errorf("%q is not a Region", s.Region)
	}
	if !slices.Contains([]Form{"", Consolidated, Standard, Legacy}, s.Form) {
		return nil, fmt.Errorf("form %q is not consolidated, standard or legacy", s.Form)
	}
	origin := "arn:" + place.Name + ":securityhub:" + s.Region + ":"
	now := s.Now.UTC().Format("2006-01-02T15:04:05.000Z")
	f := map[string]any{
		"SchemaVersion": "2018-10-08",
		"ProductArn":    origin + ":product/aws/securityhub",
		"ProductName":   "Security Hub",
		"CompanyName":   "AWS",
		"AwsAccountId":  s.Account,
		"Region":        s.Region,
		"Types":         []any{"Software and Configuration Checks/Industry and Regulatory Standards"},
		"CreatedAt":     now, "UpdatedAt": now, "FirstObservedAt": now, "LastObservedAt": now,
		"Severity":    map[string]any{"Label": "HIGH", "Original": "HIGH"},
		"Title":       s.Control.Title,
		"Description": s.Control.Title + ".",
		"Compliance":  map[string]any{"Status": "FAILED", "SecurityControlId": s.Control.ID},
		"Workflow":    map[string]any{"Status": "NEW"},
		"RecordState": "ACTIVE",
		"Resources": []any{map[string]any{
			"Type": cmp.Or(s.Control.Resource.Type, "Other"), "Id": s.Resource, "Partition": place.Name,
			"Region": s.Region,
		}},
	}
	f["ProductFields"] = map[string]any{"RelatedAWSResources:0/type": "AWS::Config::ConfigRule",
		"RelatedAWSResources:0/name": s.configRule()}
	if s.Form == Consolidated || s.Form == "" {
		f["GeneratorId"] = finding.ConsolidatedGenerator(s.Control.ID)
		f["Id"] = origin + s.Account + ":security-control/" + s.Control.ID + "/finding/" + s.ID
		return f, nil
	}
	framework := s.Framework
	if framework == "" {
		framework = usual(s.Control)
	}
	numbers := s.Control.Numbers(framework)
	if len(numbers) == 0 {
		return nil, fmt.Errorf("%s has no number in %s", s.Control.ID, framework)
	}
	rule := numbers[0]
	f["GeneratorId"] = finding.Generator(place.Name, framework, rule)
	f["Id"] = origin + s.Account + ":subscription/" + framework + "/" + rule + "/finding/" + s.ID
	if s.Form == Legacy {
		f["Compliance"] = map[string]any{"Status": "FAILED"}
	}
	return f, nil
}
