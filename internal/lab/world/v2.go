package world

// V2 is the new Security Hub, whose calls end in V2. It is off by default.
//
// Documents do not say how long it takes to learn of a finding of Security Hub CSPM, nor whether the two keep their
// statuses alike. So both can be chosen.
type V2 struct {
	Enabled bool `json:"enabled"` // in every account and Region
	// KnownAfter is how long it takes until the new Security Hub has what CSPM has of a finding.
	KnownAfter Duration `json:"knownAfter"`
	// ASFFAfter and OCSFAfter are how long the events of CSPM and of the new Security Hub take.
	ASFFAfter Duration `json:"asffAfter"`
	OCSFAfter Duration `json:"ocsfAfter"`
	// Sync carries a change of the workflow status in CSPM over to the status.
	Sync bool `json:"sync"`
	// AutomationRules run when a check has updated a finding that fails, before its event.
	AutomationRules []AutomationRule `json:"automationRules"`
	// Denied refuses BatchUpdateFindingsV2 of roles, as a service control policy can.
	Denied bool `json:"denied"`
}

// AutomationRule sets the status of the findings of a control, and a comment if it has one.
type AutomationRule struct {
	Control string `json:"control"`
	Status  string `json:"status"`
	Comment string `json:"comment"`
}
