package securityhub

import "hubmend/internal/lab/apicall"

// The fields with which findings in ASFF name the rule of AWS Config that made the check.
const (
	relatedType = "RelatedAWSResources:0/type"
	relatedName = "RelatedAWSResources:0/name"
)

// HasConfigRule reports whether a finding of an account and Region names a rule. Security Hub has made it then.
func (h *Hub) HasConfigRule(at apicall.Place, name string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range h.findings {
		if apicall.Text(f["AwsAccountId"]) == at.Account && region(f) == at.Region && ConfigRule(f) == name {
			return true
		}
	}
	return false
}

// ConfigRule returns the name of the rule that made the check of a finding, or "".
func ConfigRule(f map[string]any) string {
	if field(f, "ProductFields", relatedType) != "AWS::Config::ConfigRule" {
		return ""
	}
	return field(f, "ProductFields", relatedName)
}
