package undo_test

import (
	"testing"
)

// subject is what a runbook repairs.
type subject struct {
	// broken makes a resource in each state that a repair may meet, and gives its ARN, or what a finding has
	// instead.
	broken map[string]func(t *testing.T, w *world) string
	// look describes all of the resource. What AWS assigns anew when something is made again is left out by name.
	look func(t *testing.T, w *world, resource string) any
	// change is what somebody does after the repair, in ways that are neither what it left nor what it found.
	change map[string]func(t *testing.T, w *world, resource string)
	// halfway is how an undo leaves the resource that dies on its way; nil when it has one call only.
	halfway func(t *testing.T, w *world, resource string)
	// failing makes a resource whose repair fails; nil when none is known to. It stays when it exists.
	failing func(t *testing.T, w *world) string
	stays   bool
}

// subjects by the runbook that repairs them.
var subjects = map[string]subject{
	"AlarmOnTrailEvents":        unwatchedTrail,
	"BlockBucketPublicAccess":   publicBucket,
	"CloseNetworkAclPorts":      openNetworkACL,
	"CloseSecurityGroupPorts":   openGroup,
	"CreateSupportRole":         support,
	"DeactivateOldAccessKeys":   oldKeys,
	"EmptyDefaultSecurityGroup": defaultGroup,
	"EnableAccessAnalyzer":      analyzer,
	"EnableBucketLogging":       unloggedBucket,
	"EnableConfig":              recorder,
	"EnableKeyRotation":         unrotatedKey,
	"EnableMultiRegionTrail":    regionalTrail,
	"EnableTrailValidation":     unvalidatedTrail,
	"EnableVpcFlowLogs":         unloggedVPC,
	"LogS3DataEvents":           managementTrail,
	"MovePoliciesToGroup":       userPolicies,
	"RemoveCloudShellAccess":    cloudShellRole,
	"RequireBucketTLS":          plainBucket,
	"RequireIMDSv2":             oldInstance,
	"EncryptTrail":              unencryptedTrail,
	"SendTrailToCloudWatchLogs": undeliveredTrail,
	"SetPasswordPolicy":         weakPolicy,
	"SetSecurityContact":        securityContact,
}
