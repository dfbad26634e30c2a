// Package console makes the outputs that lead to the next step of a deployment, a page of the AWS console.
package console

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"hubmend/internal/aws/partition"
)

// Page is a page of the console.
type Page struct{ service, fragment string }

// The pages that people deploy with.
var (
	CreateStack = Page{"cloudformation", "#/stacks/create"}
	StackSets   = Page{"cloudformation", "#/stacksets"}
	Products    = Page{"servicecatalog", "#/products"}
)

// known is the condition that the partition has a console whose address is public.
const known = "HasConsole"

// Output adds an output with the address of a page in a Region. In partitions whose console is not public there is no
// output.
func Output(stack awscdk.Stack, name, description string, page Page, region *string) {
	host := hostOf(stack)
	awscdk.NewCfnOutput(stack, jsii.String(name), &awscdk.CfnOutputProps{
		Description: jsii.String(description),
		Value: awscdk.Fn_Join(jsii.String(""), &[]*string{
			jsii.String("https://"), region, jsii.String("."), host, jsii.String("/" + page.service + "/home?region="),
			region, jsii.String(page.fragment),
		}),
		Condition: stack.Node().FindChild(jsii.String(known)).(awscdk.CfnCondition),
	})
}

// hostOf gives the host name of the console without the Region, and makes the conditions that it takes. It uses no
// mapping: CloudFormation fails a deployment when a mapping lacks the partition.
func hostOf(stack awscdk.Stack) *string {
	var host *string
	var each []awscdk.ICfnConditionExpression
	for _, p := range partition.WithConsole() {
		is := in(stack, p)
		each = append(each, is)
		if host == nil {
			host = jsii.String(p.Console)
		} else {
			host = awscdk.Token_AsString(awscdk.Fn_ConditionIf(is.LogicalId(), p.Console, host), nil)
		}
	}
	condition(stack, known, awscdk.Fn_ConditionOr(each...))
	return host
}

// in is the condition that the stack is in a partition: InAwsCn.
func in(stack awscdk.Stack, p partition.Partition) awscdk.CfnCondition {
	id := "In"
	for word := range strings.SplitSeq(p.Name, "-") {
		id += strings.ToUpper(word[:1]) + word[1:]
	}
	return condition(stack, id, awscdk.Fn_ConditionEquals(awscdk.Aws_PARTITION(), p.Name))
}

// condition makes a condition, unless the stack has it already.
func condition(stack constructs.Construct, id string, holds awscdk.ICfnConditionExpression) awscdk.CfnCondition {
	if made := stack.Node().TryFindChild(jsii.String(id)); made != nil {
		return made.(awscdk.CfnCondition)
	}
	return awscdk.NewCfnCondition(stack, jsii.String(id), &awscdk.CfnConditionProps{Expression: holds})
}
