// Package doctor examines a deployment with the credentials of whoever operates it: is everything
// there, is it what this version deploys, does it work, and if not, what mends it.
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
	"unicode"

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
)

// Status is what a check came to.
type Status string

// The statuses. Unknown is no failure: the credentials may not ask, or there is nothing to
// compare with.
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
	Repair string `json:"repair,omitempty"` // what to run or to do
}

// Deployment is what is examined.
type Deployment struct {
	Config    aws.Config // of the administrator's account and home Region
	Catalog   *catalog.Catalog
	Templates string // the folder that `cdk synth` wrote, to compare with; it may be missing
}

// ErrNotDeployed is returned by Examine when there is nothing to examine.
var ErrNotDeployed = errors.New("there is no stack hubmend-admin")

// check looks at one thing.
type check struct {
	name string
	look func(*examination, context.Context) (report, error)
}

// checks are all there are, in the order of their results: first what others rest on.
var checks = []check{
	{"admin stack", (*examination).adminStack},
	{"admin template", (*examination).adminTemplate},
	{"functions", (*examination).functions},
	{"queue to function", (*examination).mappings},
	{"queues", (*examination).queues},
	{"ledger", (*examination).ledger},
	{"switch", (*examination).killswitch},
	{"playbook", (*examination).playbook},
	{"rules", (*examination).rules},
	{"custom actions", (*examination).customActions},
	{"Security Hub", (*examination).securityHub},
	{"home Region", (*examination).homeRegion},
	{"member roles", (*examination).memberRoles},
	{"member runbooks", (*examination).memberRunbooks},
	{"documents here", (*examination).documents},
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

// Identity says who examines.
type Identity struct {
	Account string `json:"account"`
	Region  string `json:"region"`
	ARN     string `json:"arn"`
}

// Whose says whose the credentials are.
func (d Deployment) Whose(ctx context.Context) (Identity, error) {
	out, err := sts.NewFromConfig(d.Config).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return Identity{}, err
	}
	return Identity{aws.ToString(out.Account), d.Config.Region, aws.ToString(out.Arn)}, nil
}

// Examine makes every check and tells each result at once. It returns ErrNotDeployed when the
// account and Region have no deployment, and an error when it is interrupted.
func (d Deployment) Examine(ctx context.Context, tell func(Result)) error {
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
			tell(result)
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
}

func (d Deployment) examination() *examination {
	c := d.Config
	return &examination{
		Deployment: d, formation: cloudformation.NewFromConfig(c), lambda: lambda.NewFromConfig(c),
		events: eventbridge.NewFromConfig(c), ssm: ssm.NewFromConfig(c),
		sqs: sqs.NewFromConfig(c), sns: sns.NewFromConfig(c), table: dynamodb.NewFromConfig(c),
		watch: cloudwatch.NewFromConfig(c), hub: securityhub.NewFromConfig(c),
	}
}

// report is what a check found: problems, or that all is well, or why nobody knows.
type report struct {
	found    string
	unknown  string
	hint     string // how to know
	problems []problem
}

type problem struct{ found, repair string }

func (r *report) problem(repair, format string, args ...any) {
	r.problems = append(r.problems, problem{fmt.Sprintf(format, args...), repair})
}

// add takes in what was found of something else that the same check is about.
func (r *report) add(other report) {
	join := func(a, b string) string {
		return strings.Join(slices.DeleteFunc([]string{a, b}, func(s string) bool { return s == "" }), "; ")
	}
	r.found, r.unknown = join(r.found, other.found), join(r.unknown, other.unknown)
	r.hint = cmp.Or(r.hint, other.hint)
	r.problems = append(r.problems, other.problems...)
}

// results gives a line for each problem, or one line.
func (r report) results(name string, err error) []Result {
	var all []Result
	for _, p := range r.problems {
		all = append(all, Result{name, Problem, oneLine(p.found), p.repair})
	}
	switch {
	case err != nil:
		all = append(all, Result{Check: name, Status: Unknown, Found: why(err)})
	case len(all) > 0:
	case r.unknown != "":
		all = append(all, Result{name, Unknown, oneLine(r.unknown), r.hint})
	default:
		all = append(all, Result{Check: name, Status: OK, Found: oneLine(r.found)})
	}
	return all
}

// prefixes are how IAM names services that the SDK names otherwise.
var prefixes = map[string]string{"EventBridge": "events"}

// why says why something is unknown: which permission is missing, or what the service said.
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
	return oneLine(awserr.Message(err))
}

// oneLine makes text of AWS fit for one line of a terminal.
func oneLine(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)), " ")
}
