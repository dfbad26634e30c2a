package reverted

import (
	"cmp"
	"regexp"
	"strings"

	"hubmend/internal/engine/policy"
)

// Tool is the program that made a call, as its user agent says. A caller may send any user agent, so it is a hint for
// people, and nothing is decided by it.
type Tool string

// The tools that the words about them differ for.
const (
	Console Tool = "the AWS console"
	CDK     Tool = "the AWS CDK"
)

// agents recognizes tools by a part of the user agent, the first that fits. Tools that contain the name of another one,
// or of an SDK, come before it.
//
// OpenTofu runs Terraform's providers, which send Terraform's name and OpenTofu's version.
var agents = []struct {
	part string
	tool Tool
}{
	{"OpenTofu/", "OpenTofu"},
	{"Pulumi", "Pulumi"},
	{"crossplane", "Crossplane"},
	{"Terraform/", "Terraform"},
	{"terraform-provider-", "Terraform"},
	{"aws-controllers-k8s", "ACK"},
	{"Ansible/", "Ansible"},
	{"aws-cdk", CDK}, // calls of cdk deploy --hotswap; the others are CloudFormation's
	{"eksctl", "eksctl"},
	{"AWSPowerShell", "AWS Tools for PowerShell"},
	{"aws-cli/", "the AWS CLI"},
	{"Boto3/", "the AWS SDK for Python"},
	{"Botocore/", "the AWS SDK for Python"},
	{"aws-sdk-go", "the AWS SDK for Go"},
	{"aws-sdk-java", "the AWS SDK for Java"},
	{"aws-sdk-js", "the AWS SDK for JavaScript"},
	{"aws-sdk-nodejs", "the AWS SDK for JavaScript"},
	{"aws-sdk-dotnet", "the AWS SDK for .NET"},
	{"aws-sdk-net", "the AWS SDK for .NET"},
	{"aws-sdk-php", "the AWS SDK for PHP"},
	{"aws-sdk-ruby", "the AWS SDK for Ruby"},
	{"aws-sdk-rust", "the AWS SDK for Rust"},
	{"aws-sdk-cpp", "the AWS SDK for C++"},
	{"aws-sdk-kotlin", "the AWS SDK for Kotlin"},
	{"aws-sdk-swift", "the AWS SDK for Swift"},
}

// services are those that change resources on someone's behalf, by the name that they call with.
var services = map[string]Tool{
	"cloudformation": "CloudFormation",
	"servicecatalog": "Service Catalog",
	"ssm":            "Systems Manager",
	"config":         "AWS Config",
	"console":        Console,
	"signin":         Console,
}

var (
	// cdkRole is the role that CloudFormation uses for stacks of the CDK.
	cdkRole = regexp.MustCompile(`^cdk-[A-Za-z0-9_-]{1,10}-cfn-exec-role-`)
	// service is the whole user agent of a call that an AWS service makes.
	service = regexp.MustCompile(`^([a-z0-9-]+)(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?$`)
	// consoleAgent begins the user agent of some consoles, such as S3Console/0.4.
	consoleAgent = regexp.MustCompile(`^[A-Za-z0-9]*Console/`)
)

// tool returns the tool that a call came from, or "".
func (r record) tool() Tool {
	agent := strings.Trim(r.UserAgent, "[]")
	role := r.UserIdentity.SessionContext.SessionIssuer.UserName
	if name := service.FindStringSubmatch(cmp.Or(r.UserIdentity.InvokedBy, agent)); name != nil {
		tool := services[name[1]]
		switch {
		case tool == "CloudFormation" && cdkRole.MatchString(role):
			return CDK
		case tool == "CloudFormation" && strings.HasSuffix(r.UserIdentity.ARN, "/servicecatalog"):
			return services["servicecatalog"]
		}
		return cmp.Or(tool, Tool("the AWS service "+clean(name[0])))
	}
	console := r.FromConsole == "true" || consoleAgent.MatchString(agent)
	if console && strings.HasPrefix(agent, "S3Console/") {
		return Console // which calls with the SDK for Java
	}
	for _, a := range agents {
		if strings.Contains(strings.ToLower(agent), strings.ToLower(a.part)) {
			return a.tool
		}
	}
	if console {
		return Console
	}
	return ""
}

// Manager returns the infrastructure-as-code tool that manages the resource, or "": the one that its tags name, or
// the one that last changed it. It is one of policy.Tools.
func Manager(tags map[string]string, last By) string {
	if tool := policy.ManagedBy(tags); tool != "" {
		return tool
	}
	for _, tool := range policy.Tools {
		if strings.EqualFold(string(last.Tool), tool) || tool == "cdk" && last.Tool == CDK {
			return tool
		}
	}
	return ""
}

// ToolName is the name that people know one of policy.Tools by.
func ToolName(tool string) string {
	names := map[string]string{"cloudformation": "CloudFormation", "terraform": "Terraform", "opentofu": "OpenTofu",
		"pulumi": "Pulumi", "cdk": "The AWS CDK", "crossplane": "Crossplane"}
	return cmp.Or(names[tool], tool)
}
