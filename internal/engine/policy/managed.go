package policy

import (
	"maps"
	"slices"
	"strings"
)

// AnyTool stands in a condition for every tool.
const AnyTool = "any"

// Tools are the infrastructure-as-code tools that ManagedBy recognizes.
var Tools = []string{"cloudformation", "terraform", "opentofu", "pulumi", "cdk", "crossplane"}

// ManagedBy returns the infrastructure-as-code tool that a resource's tags name, or "". CloudFormation tags what it
// creates. The other tools are recognized by the tags that teams set by convention, such as ManagedBy=Terraform, so an
// empty result does not mean that no tool manages the resource.
func ManagedBy(tags map[string]string) string {
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		if strings.HasPrefix(key, "aws:cloudformation:") {
			return "cloudformation"
		}
	}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		if tool := toolOf(key, tags[key]); tool != "" {
			return tool
		}
	}
	return ""
}

// conventions are the keys, in lower case and without separators, whose value names a tool.
var conventions = []string{"managedby", "createdby", "provisionedby", "deployedby", "provisioner", "iac", "iactool"}

func toolOf(key, value string) string {
	key = strings.ToLower(strings.NewReplacer("-", "", "_", "", ":", "", " ", "").Replace(key))
	value = strings.ToLower(value)
	for _, tool := range Tools {
		switch {
		case slices.Contains(conventions, key) && strings.Contains(value, tool):
			return tool
		case strings.HasPrefix(key, tool) && value != "false" && value != "no":
			return tool
		}
	}
	return ""
}
