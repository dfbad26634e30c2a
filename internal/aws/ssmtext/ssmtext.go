// Package ssmtext reads the messages in which Systems Manager Automation wraps what a
// service answered or a script raised.
package ssmtext

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Guide ends every failure message of the service.
const Guide = ". Please refer to Automation Service Troubleshooting Guide for more diagnosis details."

// NoOutput is what the service gives for an output of the document that has no value:
// its step did not run or failed, or its selector found nothing.
const NoOutput = "No output available yet because the step is not successfully executed"

// Polling is the stage in which the service reports the exception of a script.
const Polling = "Poll action status for completion"

var (
	preamble = regexp.MustCompile(
		`^(?:Automation )?Step (?:Execution )?(?:fails when it is|timed out while step is) (.+?)\. `)
	// raised splits what the service writes about an exception: the traceback, with those
	// that it was raised during before it, an empty line, the class and the message.
	raised = regexp.MustCompile(`(?s)^(?:(?:Traceback.*?\n\n(?:During|The above)[^\n]*\n\n)*Traceback.*?\n\n)?` +
		`([A-Za-z_][A-Za-z0-9_.]*)(?: - |: )(.*)$`)
	// answered is how botocore words the error of a call.
	answered = regexp.MustCompile(
		`(?s)^An error occurred \(([^)]+)\) when calling the (\S+) operation(?: \(reached max retries: \d+\))?: (.*)$`)
)

// Refusal is the exception with which a script says that a resource cannot be repaired in
// this way, and what a person can do. Nothing was changed then.
const Refusal = "NotImplementedError"

// spoken are the exceptions that a script raises to say something. The message of any
// other is not a sentence without its name (KeyError: 'GroupId').
var spoken = []string{Refusal, "ValueError", "RuntimeError", "Exception", "AssertionError"}

// Reason takes the human part out of a step's FailureMessage: without the service's words
// around it, and of a script that raised an exception only what its author wrote. A
// message that has another form comes back as it is.
func Reason(failureMessage string) string {
	if said, is := Program(failureMessage); is {
		return said.reason()
	}
	text := strings.TrimSuffix(failureMessage, Guide)
	stage := preamble.FindStringSubmatch(text)
	if stage == nil {
		return text
	}
	text = text[len(stage[0]):]
	if stage[1] != Polling {
		return text
	}
	return exception(text)
}

func exception(text string) string {
	m := raised.FindStringSubmatch(text)
	switch {
	case m == nil:
		return text
	case slices.Contains(spoken, m[1]):
		return m[2]
	}
	return m[1] + ": " + m[2]
}

// IsRefusal says whether a script raised Refusal.
func IsRefusal(failureMessage string) bool {
	if said, is := Program(failureMessage); is {
		return said.Word == Refused
	}
	stage := preamble.FindStringSubmatch(failureMessage)
	if stage == nil || stage[1] != Polling {
		return false
	}
	m := raised.FindStringSubmatch(failureMessage[len(stage[0]):])
	return m != nil && m[1] == Refusal
}

// Code gives the code of the error that a service answered, as botocore or a program words it; "" for
// any other message.
func Code(failureMessage string) string {
	if said, is := Program(failureMessage); is {
		return said.Code
	}
	if m := answered.FindStringSubmatch(Reason(strings.TrimSpace(failureMessage))); m != nil {
		return m[1]
	}
	return ""
}

// Sentence is the Reason of a message as one or more sentences, for a note. It is never
// empty.
func Sentence(failureMessage string) string {
	text := strings.TrimSpace(failureMessage)
	reason := Reason(text)
	if reason == text {
		reason = exception(text) // without the service's words around it
	}
	if m := answered.FindStringSubmatch(reason); m != nil {
		reason = fmt.Sprintf("%s answered %s: %s", m[2], m[1], m[3])
	}
	reason = strings.TrimRight(strings.TrimSpace(strings.TrimSuffix(reason, strings.TrimPrefix(Guide, "."))), ". ")
	if reason == "" {
		return "no reason was given."
	}
	return reason + "."
}
