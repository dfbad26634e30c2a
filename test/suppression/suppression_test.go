package suppression_test

import (
	"os"
	"strings"
	"testing"

	"hubmend/test/suppression"
)

func TestEmbeddedIsInOrder(t *testing.T) {
	t.Parallel()
	all, err := suppression.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Error("there are no suppressions")
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ text, want string }{
		"no reason":       {`[{rules: [G304], where: [a.go]}]`, "has no reason"},
		"an empty reason": {`[{rules: [G304], where: [a.go], reason: " "}]`, "has no reason"},
		"hardly a reason": {`[{rules: [G304], where: [a.go], reason: false positive}]`, "has no reason"},
		"no rule":         {`[{where: [a.go], reason: it is all right}]`, "names no rule"},
		"an unknown rule": {`[{rules: [Whatever], where: [a.go], reason: it is all right}]`, "no known tool"},
		"any rule":        {`[{rules: ["*"], where: [a.go], reason: it is all right}]`, "no known tool"},
		"any rule of a pack": {`[{rules: ["AwsSolutions-*"], stacks: [s], where: [a], reason: it is all right}]`,
			"no known tool"},
		"nowhere": {`[{rules: [CT.SQS.PR.1], stacks: [s], reason: it is all right}]`,
			"neither type nor where"},
		"no stack": {`[{rules: [CT.SQS.PR.1], type: T, reason: it is all right}]`,
			"stacks are for rules about templates"},
		"a stack of code": {`[{rules: [G304], stacks: [s], where: [a.go], reason: it is all right}]`,
			"stacks are for rules about templates"},
		"everywhere": {`[{rules: [G304], where: ["*/*"], reason: it is all right}]`, "is everything"},
		"every stack": {`[{rules: [CT.SQS.PR.1], stacks: ["*"], type: T, reason: it is all right}]`,
			"is everything"},
		"an unknown field": {`[{rules: [G304], files: [a.go], reason: it is all right}]`, "unknown field"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := suppression.Parse([]byte(tc.text)); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Parse gives the error %v, want one with %q", err, tc.want)
			}
		})
	}
}

const some = `
- {rules: [CT.SQS.PR.1, 'AwsSolutions-IAM5[Resource::\*]'], stacks: [admin], where: ["*Dead*"], reason: these are dead letters}
- {rules: [CT.LAMBDA.PR.3], stacks: [admin, member], type: Function, reason: it needs no network}
`

func TestJudge(t *testing.T) {
	t.Parallel()
	all, err := suppression.Parse([]byte(some))
	if err != nil {
		t.Fatal(err)
	}
	queue := suppression.Finding{Rule: "CT.SQS.PR.1", Stack: "admin", Type: "Queue", Where: "FindingsDeadLetters"}
	function := suppression.Finding{Rule: "CT.LAMBDA.PR.3", Stack: "admin", Type: "Function", Where: "Sweep"}
	there, elsewhere, other, bucket := function, function, queue, queue
	there.Stack, elsewhere.Stack = "member", "product"
	other.Where, bucket.Rule = "Findings", "CT.S3.PR.1"
	for name, tc := range map[string]struct {
		findings []suppression.Finding
		want     []string // a part of each problem
	}{
		"all answered":  {[]suppression.Finding{queue, function, there}, nil},
		"another rule":  {[]suppression.Finding{queue, function, there, bucket}, []string{"CT.S3.PR.1: "}},
		"another place": {[]suppression.Finding{queue, function, there, other}, []string{"Findings (Queue): "}},
		"another stack": {[]suppression.Finding{queue, function, there, elsewhere}, []string{"product Sweep"}},
		"a rule is obsolete": {[]suppression.Finding{function, there},
			[]string{"CT.SQS.PR.1 suppresses nothing", "CT.SQS.PR.1 suppresses nothing"}},
		"a stack is obsolete": {[]suppression.Finding{queue, function},
			[]string{"suppresses nothing in `Function` in `member`"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			if err := suppression.Judge(suppression.Guard, tc.findings, all); err != nil {
				got = strings.Split(err.Error(), "\n")
			}
			if len(got) != len(tc.want) {
				t.Fatalf("problems %q, want %q", got, tc.want)
			}
			for i, want := range tc.want {
				if !strings.Contains(got[i], want) {
					t.Errorf("problem %q, want %q in it", got[i], want)
				}
			}
		})
	}
}

// An asterisk that is meant is no pattern: who may live with one wildcard in a policy need
// not live with the next.
func TestJudgeTakesAnAsteriskAtItsWord(t *testing.T) {
	t.Parallel()
	all, err := suppression.Parse([]byte(some))
	if err != nil {
		t.Fatal(err)
	}
	everything := suppression.Finding{Rule: "AwsSolutions-IAM5[Resource::*]", Stack: "admin", Where: "DeadLetters"}
	if err := suppression.Judge(suppression.Nag, []suppression.Finding{everything}, all); err != nil {
		t.Error(err)
	}
	something := everything
	something.Rule = "AwsSolutions-IAM5[Resource::arn:*]"
	if err := suppression.Judge(suppression.Nag, []suppression.Finding{everything, something}, all); err == nil {
		t.Error("what is said of * was taken for arn:* too")
	}
}

func TestTheTableIsUpToDate(t *testing.T) {
	t.Parallel()
	all, err := suppression.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile("../../docs/maintainers/suppressions.md")
	if err != nil {
		t.Fatal(err)
	}
	if got := suppression.Markdown(all); got != string(table) {
		t.Error("docs/maintainers/suppressions.md is not what suppressions.yaml says; run `make generate`")
	}
}
