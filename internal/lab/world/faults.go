package world

import (
	"time"
)

// Faults are what the lab does wrong on purpose for as long as it runs.
type Faults struct {
	// DropStatusEvents loses every status event of an execution on the member's bus.
	DropStatusEvents bool `json:"dropStatusEvents"`
	// DeliverTwice puts each message that a rule sends to a queue on it twice.
	DeliverTwice bool `json:"deliverTwice"`
	// StartsPerSecond limits StartAutomationExecution in each account and Region. 0 is no limit.
	StartsPerSecond int `json:"startsPerSecond"`
	// PendingFor is how long executions stay Pending before their first step starts.
	PendingFor Duration `json:"pendingFor"`
	// SilentRegions answer no call of a function: it hangs until the function gives up.
	SilentRegions []string `json:"silentRegions"`
	// SilentFor is how long they do so from the first such call on. 0 is always.
	SilentFor Duration `json:"silentFor"`
	// Latency is what a function's call into a Region takes longer than it takes the lab, by Region.
	Latency map[string]Duration `json:"latency"`
	// UpdatesShowAfter is how long an accepted BatchUpdateFindings or BatchUpdateFindingsV2 does not show: GetFindings
	// and GetFindingsV2 give the finding as it was, and no event is sent.
	UpdatesShowAfter Duration `json:"updatesShowAfter"`
	// ConcurrentUpdates is for how many findings BatchUpdateFindings answers ConcurrentUpdateError, the first
	// that are updated, and BatchUpdateFindingsV2 ConflictException; the rest of such a call is processed.
	ConcurrentUpdates int `json:"concurrentUpdates"`
	// OrganizationCallsPerSecond limits the calls of roles to Organizations, and TagReadsPerSecond their
	// GetResources in each account and Region. 0 is no limit.
	OrganizationCallsPerSecond int `json:"organizationCallsPerSecond"`
	TagReadsPerSecond          int `json:"tagReadsPerSecond"`
	// TrailShowsAfter is how long CloudTrail does not show a call. 0 is two seconds.
	TrailShowsAfter Duration `json:"trailShowsAfter"`
	// HubRates throttles calls of roles to Security Hub beyond the service's rates.
	HubRates bool `json:"hubRates"`
}

// Duration is a time.Duration that JSON writes as 200ms or 2m, or as never.
type Duration time.Duration

// Never is the delay of what does not happen.
const Never Duration = -1

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	if string(text) == "never" {
		*d = Never
		return nil
	}
	parsed, err := time.ParseDuration(string(text))
	*d = Duration(parsed)
	return err
}
