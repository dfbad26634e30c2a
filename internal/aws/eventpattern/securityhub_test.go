package eventpattern_test

import (
	"strings"
	"testing"
)

// pattern is the rule's pattern for automatic remediation of CIS 4.1 and 4.2.
const pattern = `{
  "source": ["aws.securityhub"],
  "detail-type": ["Security Hub Findings - Imported"],
  "detail": {"findings": {
    "ProductArn": [{"suffix": "::product/aws/securityhub"}],
    "RecordState": ["ACTIVE"],
    "Workflow": {"Status": ["NEW"]},
    "Compliance": {"Status": ["FAILED"]},
    "$or": [
      {"Compliance": {"SecurityControlId": ["EC2.13", "EC2.14"]}},
      {"GeneratorId": [
        "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0/rule/4.1",
        "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0/rule/4.2"]}
    ]}}}`

// Findings as Security Hub shows them with consolidated controls, with controls per
// standard, and per standard from before SecurityControlId existed.
const (
	consolidated = `{
  "SchemaVersion": "2018-10-08",
  "Id": "arn:aws:securityhub:eu-west-1:222222222222:security-control/EC2.13/finding/0b9b3b1c",
  "ProductArn": "arn:aws:securityhub:eu-west-1::product/aws/securityhub",
  "ProductName": "Security Hub",
  "GeneratorId": "security-control/EC2.13",
  "AwsAccountId": "222222222222",
  "Types": ["Software and Configuration Checks/Industry and Regulatory Standards"],
  "Severity": {"Label": "HIGH", "Normalized": 70},
  "Title": "Security groups should not allow ingress from 0.0.0.0/0 to port 22",
  "ProductFields": {"aws/securityhub/CompanyName": "AWS", "Resources:0/Id": "arn:aws:ec2:eu-west-1:222222222222:security-group/sg-1"},
  "Resources": [{"Type": "AwsEc2SecurityGroup", "Id": "arn:aws:ec2:eu-west-1:222222222222:security-group/sg-1", "Region": "eu-west-1"}],
  "Compliance": {"Status": "FAILED", "SecurityControlId": "EC2.13", "AssociatedStandards": [
    {"StandardsId": "ruleset/cis-aws-foundations-benchmark/v/1.2.0"}, {"StandardsId": "standards/pci-dss/v/4.0.1"}]},
  "Workflow": {"Status": "NEW"},
  "WorkflowState": "NEW",
  "RecordState": "ACTIVE"}`
	perStandard = `{
  "Id": "arn:aws:securityhub:eu-west-1:222222222222:subscription/cis-aws-foundations-benchmark/v/1.2.0/4.1/finding/0b9b3b1c",
  "ProductArn": "arn:aws:securityhub:eu-west-1::product/aws/securityhub",
  "GeneratorId": "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0/rule/4.1",
  "Compliance": {"Status": "FAILED"},
  "Workflow": {"Status": "NEW"},
  "RecordState": "ACTIVE"}`
)

// imported wraps findings as Security Hub sends them. It sends one per event.
func imported(findings ...string) string {
	return `{"version": "0", "id": "8e5622f9", "detail-type": "Security Hub Findings - Imported", "source": "aws.securityhub",
  "account": "111111111111", "time": "2026-01-02T03:04:05Z", "region": "eu-west-1",
  "resources": ["arn:aws:securityhub:eu-west-1::product/aws/securityhub/finding"],
  "detail": {"findings": [` + strings.Join(findings, ",") + `]}}`
}

func TestSecurityHubImported(t *testing.T) {
	t.Parallel()
	change := func(finding, from, to string) string {
		t.Helper()
		if !strings.Contains(finding, from) {
			t.Fatalf("the finding does not have %s", from)
		}
		return strings.Replace(finding, from, to, 1)
	}
	tests := map[string]struct {
		event string
		want  bool
	}{
		"consolidated": {imported(consolidated), true},
		"per standard": {imported(perStandard), true},
		"other control of the group": {
			imported(change(consolidated, `"SecurityControlId": "EC2.13"`, `"SecurityControlId": "EC2.14"`)), true},
		"another control": {
			imported(change(consolidated, `"SecurityControlId": "EC2.13"`, `"SecurityControlId": "EC2.2"`)), false},
		"another rule": {imported(change(perStandard, `rule/4.1"`, `rule/4.3"`)), false},
		"passed":       {imported(change(consolidated, `"FAILED"`, `"PASSED"`)), false},
		"notified": {
			imported(change(consolidated, `"Workflow": {"Status": "NEW"}`, `"Workflow": {"Status": "NOTIFIED"}`)),
			false},
		"archived": {imported(change(consolidated, `"ACTIVE"`, `"ARCHIVED"`)), false},
		"forged product": {
			imported(change(consolidated, `::product/aws/securityhub"`, `:222222222222:product/222222222222/default"`)),
			false},
		"custom action": {change(imported(consolidated), `Findings - Imported`,
			`Findings - Custom Action`), false},
		"second finding": {imported(change(consolidated, `"FAILED"`, `"PASSED"`), perStandard), true},
		"two halves do not make one": {imported(change(consolidated, `"FAILED"`, `"PASSED"`),
			change(perStandard, `rule/4.1"`, `rule/4.3"`)), false},
		"no finding": {imported(), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, pattern, test.event, test.want)
		})
	}
}

func TestSecurityHubCustomAction(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:securityhub:eu-west-1:111111111111:action/custom/CIS4142"
	p := `{"source":["aws.securityhub"],"detail-type":["Security Hub Findings - Custom Action"],"resources":["` + arn +
		`"]}`
	event := `{"source":"aws.securityhub","detail-type":"Security Hub Findings - Custom Action","resources":["` + arn +
		`"],
  "detail":{"actionName":"CIS 4.1 & 4.2","findings":[` + consolidated + `]}}`
	check(t, p, event, true)
	check(t, p, strings.Replace(event, "CIS4142", "CIS4300", 1), false)
}

// A rule for findings of the new Security Hub, as a playbook has it.
const patternV2 = `{
  "source": ["aws.securityhub"],
  "detail-type": ["Findings Imported V2"],
  "detail": {"findings": {
    "class_uid": [2003],
    "activity_id": [{"anything-but": 3}],
    "status_id": [1],
    "metadata": {"product": {"uid": [{"suffix": "::productv2/aws/securityhub"}]}},
    "compliance": {"status_id": [3], "control": ["no control", {"equals-ignore-case": "EC2.13"}]}}}}`

const importedV2 = `{"version": "0", "id": "6f0c", "detail-type": "Findings Imported V2", "source": "aws.securityhub",
  "account": "111111111111", "time": "2026-01-02T03:04:05Z", "region": "eu-west-1", "resources": ["9d1b"],
  "detail": {"findings": [{"activity_id": 1, "class_uid": 2003, "status": "New", "status_id": 1,
    "compliance": {"control": "EC2.13", "status": "Fail", "status_id": 3},
    "metadata": {"product": {"uid": "arn:aws:securityhub:eu-west-1::productv2/aws/securityhub"}, "uid": "9d1b"}}]}}`

func TestSecurityHubImportedV2(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		from, to string
		want     bool
	}{
		"new":               {"", "", true},
		"another case":      {"EC2.13", "ec2.13", true},
		"update":            {`"activity_id": 1`, `"activity_id": 2`, true},
		"closed":            {`"activity_id": 1`, `"activity_id": 3`, false},
		"in progress":       {`"status_id": 1`, `"status_id": 2`, false},
		"archived":          {`"status_id": 1`, `"status_id": 5`, false},
		"passed":            {`"status_id": 3`, `"status_id": 1`, false},
		"another control":   {"EC2.13", "EC2.14", false},
		"no control":        {`"control": "EC2.13", `, "", false},
		"coverage":          {"productv2/aws/securityhub", "productv2/aws/securityhub-coverage", false},
		"ASFF's product":    {"productv2", "product", false},
		"exposure":          {"2003", "2004", false},
		"of Security CSPM":  {"Findings Imported V2", "Security Hub Findings - Imported", false},
		"class as a string": {"2003", `"2003"`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, patternV2, strings.Replace(importedV2, tc.from, tc.to, 1), tc.want)
		})
	}
}
