// Package finding reads Security Hub findings and the events that carry them.
//
// A finding is untrusted input: whoever may call BatchImportFindings in a member
// account can send one that looks like anything. Parse therefore returns only what
// was checked, and every refusal says why. The package knows no control and no runbook.
package finding

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"hubmend/internal/aws/partition"
)

// Finding is the part of an AWS Security Finding Format document that Hubmend
// acts on. Every field that is not marked optional is present and well-formed.
type Finding struct {
	ID          string
	ProductARN  string
	GeneratorID string
	Partition   string
	Account     string
	Region      string
	Title       string // optional
	AccountName string // optional; printable ASCII

	// ControlID is Compliance.SecurityControlId or what GeneratorId says instead, such as EC2.13, in
	// any case. It is optional: old findings of a single standard carry only the standard's own number.
	ControlID string
	// Standard and Rule come from GeneratorID or StandardsControlArn, such as cis-aws-foundations-benchmark/v/1.2.0
	// and 4.1. Both are empty for a consolidated finding.
	Standard string
	Rule     string

	Compliance  string // FAILED, PASSED, WARNING, NOT_AVAILABLE; optional
	Workflow    string // NEW, NOTIFIED, SUPPRESSED, RESOLVED; NEW when absent
	RecordState string // ACTIVE, ARCHIVED; ACTIVE when absent
	Severity    string // LOW, MEDIUM, HIGH, CRITICAL, INFORMATIONAL; empty when absent

	// The first of its Resources.
	ResourceType string
	ResourceID   string
	Resources    int // how many it names

	// ObservedAt is when the check that gave this result was made.
	ObservedAt time.Time
	// Since is when checks began to give this result, with no other between; zero when the finding does not say.
	Since time.Time
	// ConfigRule is the name of the AWS Config rule that made the check; empty when the finding does not say.
	ConfigRule string
	// V2 is what a finding in OCSF says of itself; zero for one in ASFF.
	V2 V2
}

// Values of the fields of a finding that Hubmend tells apart.
const (
	Failed   = "FAILED"
	Passed   = "PASSED"
	Warning  = "WARNING"
	New      = "NEW"
	Notified = "NOTIFIED"
	Resolved = "RESOLVED"
	Active   = "ACTIVE"
	Archived = "ARCHIVED"

	Suppressed = "SUPPRESSED"

	// AccountType is the resource type of a finding about an account as a whole.
	AccountType = "AwsAccount"
)

// severities are the labels that ASFF has.
var severities = []string{"INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"}

type document struct {
	ID              string `json:"Id"`
	ProductARN      string `json:"ProductArn"`
	GeneratorID     string `json:"GeneratorId"`
	AwsAccountID    string `json:"AwsAccountId"`
	Region          string `json:"Region"`
	AccountName     string `json:"AwsAccountName"`
	Title           string `json:"Title"`
	UpdatedAt       string `json:"UpdatedAt"`
	LastObservedAt  string `json:"LastObservedAt"`
	FirstObservedAt string `json:"FirstObservedAt"`
	RecordState     string `json:"RecordState"`
	Compliance      struct {
		Status            string `json:"Status"`
		SecurityControlID string `json:"SecurityControlId"`
	} `json:"Compliance"`
	Workflow struct {
		Status string `json:"Status"`
	} `json:"Workflow"`
	Severity struct {
		Label string `json:"Label"`
	} `json:"Severity"`
	ProductFields productFields `json:"ProductFields"`
	Resources     []struct {
		Type string `json:"Type"`
		ID   string `json:"Id"`
	} `json:"Resources"`
}

// productFields are the optional ones of Security Hub's own. A field of another form is as good as none.
type productFields struct {
	standardsControlARN      string // of findings of a single standard
	relatedName, relatedType string // of the AWS Config rule that made the check
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *productFields) UnmarshalJSON(text []byte) error {
	var fields struct {
		StandardsControlArn json.RawMessage
		RelatedName         json.RawMessage `json:"RelatedAWSResources:0/name"`
		RelatedType         json.RawMessage `json:"RelatedAWSResources:0/type"`
	}
	if json.Unmarshal(text, &fields) != nil {
		return nil
	}
	p.standardsControlARN = textOf(fields.StandardsControlArn)
	p.relatedName, p.relatedType = textOf(fields.RelatedName), textOf(fields.RelatedType)
	return nil
}

func textOf(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}

var configRulePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

// configRule returns the name of what made a check if it is a rule of AWS Config.
func configRule(kind, name string) string {
	if kind != "AWS::Config::ConfigRule" || !configRulePattern.MatchString(name) {
		return ""
	}
	return name
}

var (
	accountPattern = regexp.MustCompile(`^\d{12}$`)
	productPattern = regexp.MustCompile(`^arn:(aws[a-z-]*):securityhub:([a-z0-9-]+)::product/aws/securityhub$`)
	// The standards name their rules in two ways: CIS 1.2.0 as an ARN with rule/4.1,
	// the others as <standard>/v/<version>/<rule>.
	generatorPattern = regexp.MustCompile(
		`^(?:arn:aws[a-z-]*:securityhub:::ruleset/)?([a-z0-9-]+/v/[0-9.]+)/(?:rule/)?([A-Za-z0-9.-]+)$`)
	// A consolidated finding names its control in GeneratorId too, and one of a single standard its rule in
	// StandardsControlArn.
	consolidatedPattern = regexp.MustCompile(`^security-control/([A-Za-z0-9]+\.[0-9]+)$`)
	standardPattern     = regexp.MustCompile(
		`^arn:aws[a-z-]*:securityhub:[a-z0-9-]*:[0-9]{12}:control/([a-z0-9-]+/v/[0-9.]+)/([A-Za-z0-9.-]+)$`)
)

// firstCIS is the one standard whose findings name their generator with an ARN.
const firstCIS = "cis-aws-foundations-benchmark/v/1.2.0"

// Generator returns the GeneratorId of a standard's own finding for one of its rules.
func Generator(partition, standard, rule string) string {
	if standard == firstCIS {
		return "arn:" + partition + ":securityhub:::ruleset/" + standard + "/rule/" + rule
	}
	return standard + "/" + rule
}

// ConsolidatedGenerator returns the GeneratorId of a consolidated finding of a control.
func ConsolidatedGenerator(control string) string { return "security-control/" + control }

// maxIDLength is the limit of Id in BatchUpdateFindings.
const maxIDLength = 512

// Parse reads one finding. The error of a refused finding says what is wrong with it
// and never repeats more than a short part of its text.
func Parse(raw json.RawMessage) (Finding, error) {
	var d document
	if err := json.Unmarshal(raw, &d); err != nil {
		return Finding{}, fmt.Errorf("read finding: %w", err)
	}
	f := Finding{
		ID: d.ID, ProductARN: d.ProductARN, GeneratorID: d.GeneratorID, Account: d.AwsAccountID, Title: d.Title,
		AccountName: accountName(d.AccountName),
		ControlID:   d.Compliance.SecurityControlID, Compliance: d.Compliance.Status,
		Workflow: cmp.Or(d.Workflow.Status, New), RecordState: cmp.Or(d.RecordState, Active),
		Severity: d.Severity.Label, ConfigRule: configRule(d.ProductFields.relatedType, d.ProductFields.relatedName),
	}
	if err := f.checkOrigin(d.Region); err != nil {
		return Finding{}, err
	}
	f.identify(d.ProductFields.standardsControlARN)
	if len(d.Resources) == 0 || d.Resources[0].ID == "" || d.Resources[0].Type == "" {
		return Finding{}, errors.New("the finding names no resource")
	}
	f.ResourceType, f.ResourceID, f.Resources = d.Resources[0].Type, d.Resources[0].ID, len(d.Resources)
	if err := f.checkText(); err != nil {
		return Finding{}, err
	}
	observed, err := time.Parse(time.RFC3339, cmp.Or(d.LastObservedAt, d.UpdatedAt))
	if err != nil {
		return Finding{}, fmt.Errorf("the finding's LastObservedAt and UpdatedAt hold no RFC 3339 time: %q",
			clip(cmp.Or(d.LastObservedAt, d.UpdatedAt)))
	}
	f.ObservedAt = observed
	if !slices.Contains(severities, f.Severity) {
		f.Severity = ""
	}
	if since, err := time.Parse(time.RFC3339, d.FirstObservedAt); err == nil {
		f.Since = since
	}
	return f, nil
}

// identify finds out what the finding is about where Compliance.SecurityControlId does not say it:
// GeneratorId names the control or the rule of a standard, and if it is of another form StandardsControlArn
// does.
func (f *Finding) identify(standardsControlARN string) {
	if m := consolidatedPattern.FindStringSubmatch(f.GeneratorID); m != nil && f.ControlID == "" {
		f.ControlID = m[1]
	}
	if m := generatorPattern.FindStringSubmatch(f.GeneratorID); m != nil {
		f.Standard, f.Rule = m[1], m[2]
	} else if m := standardPattern.FindStringSubmatch(standardsControlARN); m != nil && f.ControlID == "" {
		f.Standard, f.Rule = m[1], m[2]
	}
}

// checkOrigin demands that Security Hub itself made the finding. BatchImportFindings lets
// an account write under its own product ARN only, so the ARN is what cannot be forged.
func (f *Finding) checkOrigin(region string) error {
	m := productPattern.FindStringSubmatch(f.ProductARN)
	if m == nil {
		return fmt.Errorf("the finding's ProductArn %q is not Security Hub's own", clip(f.ProductARN))
	}
	f.Partition, f.Region = m[1], m[2]
	if p, ok := partition.Of(f.Region); !ok || p.Name != f.Partition {
		return fmt.Errorf("the finding's Region %q is not a Region of partition %s", clip(f.Region), f.Partition)
	}
	if region != "" && region != f.Region {
		return fmt.Errorf("the finding's Region %q differs from its ProductArn's %q", clip(region), f.Region)
	}
	if !accountPattern.MatchString(f.Account) {
		return fmt.Errorf("the finding's AwsAccountId %q is not 12 digits", clip(f.Account))
	}
	prefix := "arn:" + f.Partition + ":securityhub:" + f.Region + ":" + f.Account + ":"
	if !strings.HasPrefix(f.ID, prefix) || len(f.ID) > maxIDLength {
		return fmt.Errorf("the finding's Id %q does not begin with %s", clip(f.ID), prefix)
	}
	return nil
}

// accountName returns an account's name if it can be one: as many characters of printable ASCII as
// Organizations accepts. It goes into subjects and emails, and nothing depends on it.
func accountName(text string) string {
	const limit = 50
	if len(text) > limit || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
		return ""
	}
	return strings.TrimSpace(text)
}

// checkText refuses what Systems Manager would take for a reference.
func (f *Finding) checkText() error {
	for name, value := range map[string]string{
		"Id": f.ID, "GeneratorId": f.GeneratorID, "Compliance.SecurityControlId": f.ControlID,
		"Resources[0].Id": f.ResourceID, "Resources[0].Type": f.ResourceType,
	} {
		if strings.Contains(value, "{{") {
			return fmt.Errorf("the finding's %s contains {{", name)
		}
	}
	return nil
}

// clip keeps hostile text from filling a log line.
func clip(s string) string {
	const limit = 80
	if len(s) <= limit {
		return s
	}
	return s[:limit] + "..."
}
