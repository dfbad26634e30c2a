package executions

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"hubmend/internal/aws/awserr"
	"hubmend/internal/aws/ssmtext"
	"hubmend/internal/engine/decide"
)

// rank orders what the failed steps of an execution say.
type rank int

const (
	certain  rank = iota // an answer of AWS that leaves one explanation only
	refused              // an answer of AWS that stood in the way
	noticed              // a check or a script that failed, often because of the former
	expected             // what the runbook reckoned with, such as a policy that does not exist yet
)

// said is what one failed step says.
type said struct {
	rank     rank
	sentence string
}

// reason gathers what the failed steps say, each thing once: a loop repeats its steps, and itself
// says what the step said that failed in it. Texts are shortened from their end, so what AWS
// refused comes first, and what the runbook reckoned with last.
func reason(e *types.AutomationExecution) string {
	failures := failures(e)
	if len(failures) == 0 {
		if e.AutomationExecutionStatus == types.AutomationExecutionStatusCancelled {
			return "the execution was cancelled."
		}
		return ssmtext.Sentence(deref(e.FailureMessage))
	}
	slices.SortStableFunc(failures, func(a, b said) int { return cmp.Compare(a.rank, b.rank) })
	if failures[0].rank == expected { // the execution failed, so one of them was not
		last := len(failures) - 1
		failures[last].rank = noticed
		failures = append(failures[last:], failures[:last]...)
	}
	var b strings.Builder
	for i, f := range failures {
		if i > 0 {
			b.WriteString(" ")
			if f.rank == expected && failures[i-1].rank != expected {
				b.WriteString(decide.Expected + " ")
			}
		}
		b.WriteString(f.sentence)
	}
	return b.String()
}

// failures returns what the failed steps say, loops last. A long loop has more steps than an answer
// holds; the execution itself then repeats what the step said that ended it.
func failures(e *types.AutomationExecution) []said {
	var all []said
	known := map[string]bool{}
	add := func(sentence string, told said) {
		if !known[sentence] {
			known[sentence] = true
			all = append(all, told)
		}
	}
	for _, loops := range []bool{false, true} {
		for _, s := range e.StepExecutions {
			if !failed(s) || loops != (deref(s.Action) == "aws:loop") {
				continue
			}
			sentence := ssmtext.Sentence(deref(s.FailureMessage))
			told := sentence
			if word(s) == "" { // a program's document has one step, so its name says nothing
				told = fmt.Sprintf("step %s: %s", deref(s.StepName), sentence)
			}
			add(sentence, said{rankOf(s), join(told, explanation(s))})
		}
	}
	if e.StepExecutionsTruncated && deref(e.FailureMessage) != "" {
		sentence := ssmtext.Sentence(*e.FailureMessage)
		add(sentence, said{refused, sentence})
	}
	return all
}

func rankOf(s types.StepExecution) rank {
	code := ssmtext.Code(deref(s.FailureMessage))
	switch {
	case code == awserr.NameTaken:
		return certain
	case code != "" && !(borne(s) && awserr.IsStateCode(code)):
		return refused
	case code == "" && !surelyBorne(s):
		return noticed
	}
	return expected
}

// borne reports whether the runbook goes on after the step failed, or may: Systems Manager's model has
// these fields, and does not promise that they are filled.
func borne(s types.StepExecution) bool { return s.IsCritical == nil || !*s.IsCritical }

// surelyBorne reports whether Systems Manager says that the runbook goes on.
func surelyBorne(s types.StepExecution) bool { return s.IsCritical != nil && !*s.IsCritical }

func join(sentence, more string) string { return strings.TrimSpace(sentence + " " + more) }
