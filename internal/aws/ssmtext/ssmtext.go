// Package ssmtext extracts the message of a service or script from the failure messages of Systems Manager Automation.
package ssmtext

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Guide ends every failure message of the service.
const Guide = ". Please refer to Automation Service Troubleshooting Guide for more diagnosis details."

// NoOutput is the service's value for a document output without a value, because its step did not run, failed, or
// returned nothing for the selector.
const NoOutput = "No output available yet because the step is not successfully executed"

// Polling is the stage in which the service reports a script's exception.
const Polling = "Poll action status for completion"

var (
	preamble = regexp.MustCompile(
		`^(?:Automation )?Step (?:Execution )?(?:fails when it is|timed out while step is) (.+?)\. `)
	// raised splits what the service writes about an exception: the traceback, with those
	// that it was raised during before it, an empty line, the class and the message.
	raised = regexp.MustCompile(`(?s)^(?:(?:Traceback.*?\n\n(?:During|The above)[^\n]*\n\n)*Traceback.*?\n\n)?` +
		`([A-Za-z_][A-Za-z0-9_.]*)(?: - |: )(.*)$`)
	// answered matches botocore's message for a failed call.
	answered = regexp.MustCompile(
		`(?s)^An error occurred \(([^)]+)\) when calling the (\S+) operation(?: \(reached max retries: \d+\))?: (.*)$`)
)

// Refusal is the exception of a script that cannot repair a resource and has changed nothing. Its message says what to
// do instead.
const Refusal = "NotImplementedError"

// spoken lists the exceptions whose message is a sentence. Other messages make no sense without the exception's name
// (KeyError: 'GroupId').
var spoken = []string{Refusal, "ValueError", "RuntimeError", "Exception", "AssertionError"}

// Reason extracts the human-readable part of a step's FailureMessage: without the service's text around it, and for a
// script's exception only its message. It returns a message of any other form unchanged.
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

// IsRefusal reports whether a script raised Refusal.
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

// Code returns the error code of a failed call, from the message of botocore or of a program, or "" for any other
// message.
func Code(failureMessage string) string {
	if said, is := Program(failureMessage); is {
		return said.Code
	}
	if m := answered.FindStringSubmatch(Reason(strings.TrimSpace(failureMessage))); m != nil {
		return m[1]
	}
	return ""
}

// Sentence returns the Reason as one or more sentences for a note. It is never empty.
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
