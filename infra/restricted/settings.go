// Package restricted has the settings for accounts with rules for every deployment: a permissions boundary and a path
// for all roles, a prefix for all names, a KMS key, and another architecture for Regions without arm64.
package restricted

import (
	"cmp"
	"os"
	"regexp"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/infra/setting"
	"hubmend/internal/build/compile"
	"hubmend/internal/engine/naming"
)

// ContextKey is where cdk.json has the settings.
const ContextKey = "hubmend:restrictions"

// Settings are the object ContextKey of cdk.json. All of them are optional.
type Settings struct {
	// PermissionsBoundary is the name of a managed policy in every account, with its path if it has one. All roles get
	// it.
	PermissionsBoundary string `json:"permissionsBoundary" example:"\"acme-boundary\""`
	// RolePath is the IAM path of all roles.
	RolePath string `json:"rolePath" example:"\"/acme/\""`
	// NamePrefix begins all fixed names.
	NamePrefix string `json:"namePrefix" example:"\"acme-\""`
	// KMSKey is the ARN of a key for the data of the admin stack, or CreateKey.
	KMSKey string `json:"kmsKey" example:"\"create\""`
	// Architecture of the functions, as Lambda names it.
	Architecture string `json:"architecture" example:"\"x86_64\""`
}

// The architectures of Lambda. arm64 costs 20% less, but is not available in every Region.
const (
	arm64 = "arm64"
	x86   = "x86_64"
)

// CreateKey makes the admin stack create a key.
const CreateKey = "create"

var keyARN = regexp.MustCompile(
	`^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)

var policyName = regexp.MustCompile(`^([\w+=,.@-]+/)*[\w+=,.@-]{1,128}$`)

// boundaryKey is the CDK's own way to a boundary, which it ignores silently when the value is
// not an object, as it never is on the command line.
const boundaryKey = "@aws-cdk/core:permissionsBoundary"

// Read reads the settings from the context of an app, or of anything in it.
func Read(scope constructs.Construct) (*Settings, error) {
	lookup := func(key string) any { return scope.Node().TryGetContext(jsii.String(key)) }
	return read(lookup, true)
}

// read reads the settings. In a process that was started for them, the environment must have the same names.
func read(lookup func(key string) any, started bool) (*Settings, error) {
	s := Settings{Architecture: arm64}
	given := lookup(ContextKey)
	if given == nil {
		given = map[string]any{}
	}
	o, err := setting.Read(ContextKey, given, &s)
	if err != nil {
		return nil, err
	}
	o.Demand(s.PermissionsBoundary == "" || policyName.MatchString(s.PermissionsBoundary), "permissionsBoundary",
		"%q is not the name of a managed policy; use its name, not its ARN, because each account has its own policy",
		s.PermissionsBoundary)
	o.Demand(slices.Contains([]string{arm64, x86}, s.Architecture), "architecture", "%q is neither %s nor %s",
		s.Architecture, arm64, x86)
	o.Demand(slices.Contains([]string{"", CreateKey}, s.KMSKey) || keyARN.MatchString(s.KMSKey), "kmsKey",
		"%q is neither %q nor the ARN of a key, such as "+
			"arn:aws:kms:eu-central-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab; an alias is not enough",
		s.KMSKey, CreateKey)
	path, prefix := naming.CheckRolePath(s.RolePath), naming.CheckNamePrefix(s.NamePrefix)
	o.Demand(path == nil, "rolePath", "%v", path)
	o.Demand(prefix == nil, "namePrefix", "%v", prefix)
	for _, n := range []struct{ setting, value, variable, otherwise string }{
		{"namePrefix", s.NamePrefix, naming.EnvNamePrefix, ""}, {"rolePath", s.RolePath, naming.EnvRolePath, "/"},
	} {
		told := os.Getenv(n.variable)
		same := cmp.Or(n.value, n.otherwise) == cmp.Or(told, n.otherwise)
		o.Demand(same || told == "" && !started, n.setting,
			"%q differs from the environment variable %s, which is %q; use the same value for both", n.value,
			n.variable, told)
	}
	if text, isText := lookup(boundaryKey).(string); isText {
		o.Demand(false, boundaryKey, "the CDK ignores the string %s; set permissionsBoundary in %s instead", text,
			ContextKey)
	}
	return &s, o.Err()
}

// Bound puts the permissions boundary on every role in a scope.
func (s *Settings) Bound(scope constructs.Construct) {
	if s.PermissionsBoundary == "" {
		return
	}
	policy := awsiam.ManagedPolicy_FromManagedPolicyName(scope, jsii.String("PermissionsBoundary"),
		jsii.String(s.PermissionsBoundary))
	awsiam.PermissionsBoundary_Of(scope).Apply(policy)
}

// Processor is the architecture of the functions.
func (s *Settings) Processor() awslambda.Architecture {
	if s.Architecture == x86 {
		return awslambda.Architecture_X86_64()
	}
	return awslambda.Architecture_ARM_64()
}

// Target is the platform that the functions are compiled for.
func (s *Settings) Target() compile.Target {
	target := compile.Lambda
	if s.Architecture == x86 {
		target.Arch = "amd64"
	}
	return target
}
