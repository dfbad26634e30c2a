package lab

import (
	"hubmend/internal/lab/config"
	"hubmend/internal/lab/securityhub"
)

type (
	// Offer is what AWS Config does when it is asked to evaluate a rule again.
	Offer = config.Offer
	// Evaluation is an evaluation of a rule that was requested.
	Evaluation = config.Evaluation
)

// OldItem has rules read what AWS Config recorded before the repair.
const OldItem = config.OldItem

// Evaluated gives the evaluations that were requested since the last call.
func (l *Lab) Evaluated() []Evaluation { return l.evaluations.Ended() }

// HasRule reports whether a rule of an evaluation made the check of a finding.
func HasRule(e Evaluation, finding map[string]any) bool {
	return finding["AwsAccountId"] == e.At.Account && finding["Region"] == e.At.Region &&
		securityhub.ConfigRule(finding) == e.Rule
}
