package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"hubmend/internal/engine/naming"
)

// stack is a stack of CloudFormation.
type stack struct {
	name, status, reason string
	parameters           map[string]string
}

// healthy reports whether the latest operation of the stack succeeded.
func (s stack) healthy() bool {
	return slices.Contains([]types.StackStatus{types.StackStatusCreateComplete, types.StackStatusUpdateComplete,
		types.StackStatusImportComplete}, types.StackStatus(s.status))
}

func (s stack) moving() bool { return strings.HasSuffix(s.status, "_IN_PROGRESS") }

// readStacks reads all stacks once, for all checks.
func (e *examination) readStacks(ctx context.Context) {
	pages := cloudformation.NewDescribeStacksPaginator(e.formation, &cloudformation.DescribeStacksInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			e.stacksErr = err
			return
		}
		for _, s := range page.Stacks {
			one := stack{name: aws.ToString(s.StackName), status: string(s.StackStatus),
				reason: aws.ToString(s.StackStatusReason), parameters: map[string]string{}}
			for _, p := range s.Parameters {
				one.parameters[aws.ToString(p.ParameterKey)] = aws.ToString(p.ParameterValue)
			}
			e.stacks = append(e.stacks, one)
		}
	}
	if i := slices.IndexFunc(e.stacks,
		func(s stack) bool { return s.name == naming.Stack(naming.AdminStack) }); i >= 0 {
		e.admin = &e.stacks[i]
	}
}

// organization is the id of the organization; empty when Hubmend remediates only this account.
func (e *examination) organization() string {
	if e.admin == nil {
		return ""
	}
	return e.admin.parameters["OrganizationId"]
}

const deployAdmin = "npx cdk deploy " + naming.AdminStack

func (e *examination) adminStack(context.Context) (report, error) {
	if e.stacksErr != nil {
		return report{}, e.stacksErr
	}
	return e.stackReport(*e.admin, deployAdmin), nil
}

// stackReport checks whether a stack is healthy.
func (e *examination) stackReport(s stack, deploy string) report {
	r := report{found: s.name + " is " + s.status}
	switch {
	case s.healthy():
	case s.moving():
		r.problem("wait until the operation has ended, then run hubmend doctor again", "%s is %s", s.name, s.status)
	default:
		why := ""
		if s.reason != "" {
			why = ": " + s.reason
		}
		r.problem("find the cause: aws cloudformation describe-stack-events --stack-name "+s.name+
			"; fix it, then run "+deploy,
			"%s is %s%s", s.name, s.status, why)
	}
	return r
}

func (e *examination) adminTemplate(ctx context.Context) (report, error) {
	if e.stacksErr != nil {
		return report{}, e.stacksErr
	}
	r, err := e.compareStack(ctx, naming.Stack(naming.AdminStack), naming.AdminStack, deployAdmin)
	if r.found != "" {
		r.found += ", including the code of the functions"
	}
	return r, err
}

// compareStack compares a stack with a synthesized template.
func (e *examination) compareStack(ctx context.Context, name, template, deploy string) (report, error) {
	out, err := e.formation.GetTemplate(ctx,
		&cloudformation.GetTemplateInput{StackName: &name, TemplateStage: types.TemplateStageOriginal})
	if err != nil {
		return report{}, err
	}
	return e.compare(name, aws.ToString(out.TemplateBody), template, deploy), nil
}

// compare compares a deployed template with a synthesized one.
func (e *examination) compare(what, deployed, template, deploy string) report {
	file, text, err := e.template(template)
	if err != nil {
		return report{
			unknown: "cannot compare " + what + ": " + err.Error(),
			hint: "run make synth in a checkout of the deployed version, or specify the folder of its templates " +
				"with --templates",
		}
	}
	differ, err := differences([]byte(deployed), text)
	switch {
	case err != nil:
		return report{unknown: "cannot compare " + what + " with " + file + ": " + err.Error()}
	case len(differ) == 0:
		return report{found: what + " matches " + file}
	}
	var r report
	r.problem(deploy, "%s differs from %s: %s", what, file, summary(differ))
	return r
}

// template reads a template from a folder of `cdk synth`, or of `make dist`, which uses shorter names.
func (e *examination) template(name string) (file string, text []byte, err error) {
	file = filepath.Join(e.Templates, name+".template.json")
	text, err = os.ReadFile(file) //nolint:gosec // the user's own folder
	if errors.Is(err, os.ErrNotExist) {
		short := filepath.Join(e.Templates, strings.TrimPrefix(name, naming.Mark)+".template.json")
		if text, err := os.ReadFile(short); err == nil { //nolint:gosec // as above
			return short, text, nil
		}
		err = errors.New(file + " not found")
	}
	return file, text, err
}

// summary lists the first few names and counts the others.
func summary(names []string) string {
	const few = 5
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
}

// differences names what differs between two templates: resources by their logical ids, and other sections.
func differences(deployed, here []byte) ([]string, error) {
	var one, two map[string]any
	if err := errors.Join(json.Unmarshal(deployed, &one), json.Unmarshal(here, &two)); err != nil {
		return nil, err
	}
	var names []string
	for _, section := range keys(one, two) {
		if section != "Resources" {
			if !reflect.DeepEqual(one[section], two[section]) {
				names = append(names, section)
			}
			continue
		}
		resourcesOne, _ := one[section].(map[string]any)
		resourcesTwo, _ := two[section].(map[string]any)
		for _, name := range keys(resourcesOne, resourcesTwo) {
			if !reflect.DeepEqual(resourcesOne[name], resourcesTwo[name]) {
				names = append(names, name)
			}
		}
	}
	return names, nil
}

// keys returns the keys of both maps, sorted.
func keys(one, two map[string]any) []string {
	var all []string
	for _, m := range []map[string]any{one, two} {
		for key := range m {
			all = append(all, key)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
