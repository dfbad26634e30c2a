package naming

// Environment variables that the admin stack sets for the functions.
const (
	EnvLedgerTable   = "HUBMEND_LEDGER_TABLE"
	EnvTopicARN      = "HUBMEND_TOPIC_ARN"
	EnvEventBus      = "HUBMEND_EVENT_BUS"
	EnvPartition     = "HUBMEND_PARTITION"
	EnvSwitch        = "HUBMEND_SWITCH_PARAMETER"
	EnvFindingsQueue = "HUBMEND_FINDINGS_QUEUE_URL"
	EnvFindingsDead  = "HUBMEND_FINDINGS_DEAD_LETTERS_URL"
	EnvOutcomesQueue = "HUBMEND_OUTCOMES_QUEUE_URL"
	EnvOutcomesDead  = "HUBMEND_OUTCOMES_DEAD_LETTERS_URL"
	EnvReevaluate    = "HUBMEND_REEVALUATE" // true or false, for settle

	// Settings, all numbers.
	EnvMaxAttempts         = "HUBMEND_MAX_ATTEMPTS"
	EnvWindowHours         = "HUBMEND_WINDOW_HOURS"
	EnvBreakerFailures     = "HUBMEND_BREAKER_FAILURES"
	EnvBreakerMinutes      = "HUBMEND_BREAKER_MINUTES"
	EnvConfirmEveryMinutes = "HUBMEND_CONFIRM_EVERY_MINUTES"
	EnvEvidenceLagMinutes  = "HUBMEND_EVIDENCE_LAG_MINUTES"
)

// MetricNamespace is where the metrics of the functions' logs go.
const MetricNamespace = "Hubmend"
