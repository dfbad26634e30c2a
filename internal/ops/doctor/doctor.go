// Package doctor checks a deployment with the operator's credentials: whether it is complete, matches
// this version and works, and how to fix what does not.
//
// It changes nothing, and needs no access to member accounts.
package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"hubmend/internal/aws/awserr"
	"hubmend/internal/catalog"
	"hubmend/internal/ops/wording"
)

// Status is the outcome of a check.
type Status string

// The statuses. Unknown is no failure: a permission is missing, or there is nothing to compare with.
const (
	OK      Status = "ok"
	Problem Status = "problem"
	Unknown Status = "unknown"
)

// Result is what a check found. A check that finds several problems has a result for each.
type Result struct {
	Check  string `json:"check"`
	Status Status `json:"status"`
	Found  string `json:"found"`
	Fix    string `json:"fix,omitempty"` // what to run or to do
}

// Deployment is what is checked.
type Deployment struct {
	Config    aws.Config // of the administrator's account and home Region
	Catalog   *catalog.Catalog
	Templates string // the folder of `cdk synth` to compare with; it may be missing
}

// ErrNotDeployed is returned by Examine when there is no deployment.
var ErrNotDeployed = errors.New("stack hubmend-admin not found")

// check is one of the checks.
type check struct {
	name string
	look func(*examination, context.Context) (report, error)
}

// checks are in the order of their results: first those that others depend on.
var checks = []check{
	{"admin stack", (*examination).adminStack},
	{"admin template", (*examination).adminTemplate},
	{"functions", (*examination).functions},
	{"event sources", (*examination).mappings},
	{"queues", (*examination).queues},
	{"ledger", (*examination).ledger},
	{"switch", (*examination).killswitch},
	{"playbook", (*examination).playbook},
	{"rules", (*examination).rules},
	{"custom actions", (*examination).customActions},
	{"Security Hub", (*examination).securityHub},
	{"home Region", (*examination).homeRegion},
	{"Security Hub V2", (*examination).securityHubV2},
	{"home Region V2", (*examination).homeRegionV2},
	{"delegated administrator", (*examination).administrators},
	{"member roles", (*examination).memberRoles},
	{"member runbooks", (*examination).memberRunbooks},
	{"local runbooks", (*examination).documents},
	{"alarms", (*examination).alarms},
	{"notifications", (*examination).notifications},
}

// Checks lists the names of all checks.
func Checks() []string {
	var names []string
	for _, c := range checks {
		names = append(names, c.name)
	}
	return names
}

// Identity is whose credentials are used.
type Identity struct {
	Account string `json:"account"`
	Region  string `json:"region"`
	ARN     string `json:"arn"`
}

// Whose returns the identity of the credentials.
func (d Deployment) Whose(ctx context.Context) (Identity, error) {
	out, err := sts.NewFromConfig(d.Config).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return Identity{}, err
	}
	return Identity{aws.ToString(out.Account), d.Config.Region, aws.ToString(out.Arn)}, nil
}

// Examine runs every check and reports each result at once. It returns ErrNotDeployed when the
// account and Region have no deployment, and an error when it is interrupted.
func (d Deployment) Examine(ctx context.Context, report func(Result)) error {
	e := d.examination()
	e.readStacks(ctx)
	if e.stacksErr == nil && e.admin == nil {
		return ErrNotDeployed
	}
	for _, c := range checks {
		r, err := c.look(e, ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for _, result := range r.results(c.name, err) {
			report(result)
		}
	}
	return nil
}

// examination is what the checks share.
type examination struct {
	Deployment

	formation *cloudformation.Client
	lambda    *lambda.Client
	events    *eventbridge.Client
	ssm       *ssm.Client
	sqs       *sqs.Client
	sns       *sns.Client
	table     *dynamodb.Client
	watch     *cloudwatch.Client
	hub       *securityhub.Client

	stacks    []stack
	stacksErr error
	admin     *stack
	templates map[string][]byte // of launched playbooks that were read, by stack
	enabledV2 *bool             // nil until it is known
}

func (d Deployment) examination() *examination {
	c := d.Config
	return &examination{
		Deployment: d, formation: cloudformation.NewFromConfig(c), lambda: lambda.NewFromConfig(c),
		events: eventbridge.NewFromConfig(c), ssm: ssm.NewFromConfig(c),
		sqs: sqs.NewFromConfig(c), sns: sns.NewFromConfig(c), table: dynamodb.NewFromConfig(c),
		watch: cloudwatch.NewFromConfig(c), hub: securityhub.NewFromConfig(c), templates: map[string][]byte{},
	}
}

// report is what a check found: problems, or a description, or why the state is unknown.
type report struct {
	found    string
	unknown  string
	hint     string // how to find out
	problems []problem
}

type problem struct{ found, fix string }

func (r *report) problem(fix, format string, args ...any) {
	r.problems = append(r.problems, problem{fmt.Sprintf(format, args...), fix})
}

// add merges the report of another part of the same check.
func (r *report) add(other report) {
	join := func(a, b string) string {
		return strings.Join(slices.DeleteFunc([]string{a, b}, func(s string) bool { return s == "" }), "; ")
	}
	r.found, r.unknown = join(r.found, other.found), join(r.unknown, other.unknown)
	r.hint = cmp.Or(r.hint, other.hint)
	r.problems = append(r.problems, other.problems...)
}

// results returns one result per problem, or one result.
func (r report) results(name string, err error) []Result {
	var all []Result
	for _, p := range r.problems {
		all = append(all, Result{name, Problem, wording.OneLine(p.found), p.fix})
	}
	switch {
	case err != nil:
		all = append(all, Result{Check: name, Status: Unknown, Found: why(err)})
	case len(all) > 0:
	case r.unknown != "":
		all = append(all, Result{name, Unknown, wording.OneLine(r.unknown), r.hint})
	default:
		all = append(all, Result{Check: name, Status: OK, Found: wording.OneLine(r.found)})
	}
	return all
}

// prefixes are the IAM names of services that the SDK names differently.
var prefixes = map[string]string{"EventBridge": "events"}

// why says why something is unknown: which permission is missing, or the error of the service.
func why(err error) string {
	var call *smithy.OperationError
	if awserr.Code(err) == notSubscribed {
		return "Security Hub is not enabled"
	}
	if awserr.IsDenied(err) && errors.As(err, &call) {
		service := prefixes[call.Service()]
		if service == "" {
			service = strings.ToLower(call.Service())
		}
		return "needs " + service + ":" + call.Operation()
	}
	return wording.OneLine(awserr.Message(err))
}
