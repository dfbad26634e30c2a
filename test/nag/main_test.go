// Package nag_test runs the rules of cdk-nag over every stack of the app. It is a package
// of its own because nothing else needs to link the rules.
package nag_test

import (
	"flag"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"

	"hubmend/infra/admin"
	"hubmend/infra/app"
	"hubmend/internal/catalog"
	"hubmend/test/suppression"
)

// canary is a bucket that breaks rules, put into every stack. A stack in which nobody
// complains of it was not looked at.
const canary = "Canary"

var (
	stacks   []string // every stack, and every product's
	findings []suppression.Finding
)

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		return // it starts the CDK
	}
	code, err := run(m)
	if err != nil {
		log.Fatal(err)
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	defer jsii.Close()
	dir, err := os.MkdirTemp("", "hubmend-nag-*")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	functions, out := filepath.Join(dir, "functions"), filepath.Join(dir, "cdk.out")
	for _, name := range admin.Functions() {
		// An empty folder stands for a compiled function, which no rule looks into.
		if err := os.MkdirAll(filepath.Join(functions, name), 0o750); err != nil {
			return 0, err
		}
	}
	a, err := app.New(&app.Props{Catalog: catalog.Embedded(), Functions: functions, Out: &out})
	if err != nil {
		return 0, err
	}
	addCanaries(a)
	props := &cdknag.NagPackProps{Reports: jsii.Bool(false)}
	awscdk.Aspects_Of(a).Add(cdknag.NewAwsSolutionsChecks(props), nil)
	awscdk.Aspects_Of(a).Add(cdknag.NewNIST80053R5Checks(props), nil)
	a.Synth(nil)
	collect(a)
	return m.Run(), nil
}

func addCanaries(a awscdk.App) {
	for _, c := range *a.Node().FindAll(constructs.ConstructOrder_PREORDER) {
		if stack, ok := c.(awscdk.Stack); ok {
			stacks = append(stacks, *stack.Node().Path())
			awss3.NewCfnBucket(stack, jsii.String(canary), nil)
		}
	}
}

// complaint is how cdk-nag writes an annotation: the rule, in brackets what exactly it
// found, and an explanation. A rule that could not be evaluated complains of that.
var complaint = regexp.MustCompile(`^((?:AwsSolutions-|NIST\.|CdkNagValidationFailure)\S*?(?:\[.*?\])?): (.*)`)

// collect reads the annotations of every resource. The reports that cdk-nag can write have
// neither what exactly was found nor the type of the resource.
func collect(a awscdk.App) {
	for _, c := range *a.Node().FindAll(constructs.ConstructOrder_PREORDER) {
		resource, ok := c.(awscdk.CfnResource)
		if !ok {
			continue
		}
		stack := *resource.Stack().Node().Path()
		for _, entry := range *resource.Node().Metadata() {
			text, _ := entry.Data.(string)
			parts := complaint.FindStringSubmatch(strings.ReplaceAll(text, "\n", " "))
			if parts == nil {
				continue
			}
			findings = append(findings, suppression.Finding{
				Rule: parts[1], Stack: stack, Type: *resource.CfnResourceType(),
				Where: strings.TrimPrefix(*resource.Node().Path(), stack+"/"), Text: strings.TrimSpace(parts[2]),
			})
		}
	}
}
