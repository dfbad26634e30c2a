package ssmtext_test

import (
	"strings"
	"testing"

	"hubmend/internal/aws/ssmtext"
)

// guide is what the service adds; the reason before it may end with a full stop or not.
const guide = " Please refer to Automation Service Troubleshooting Guide for more diagnosis details."

func TestSentence(t *testing.T) {
	t.Parallel()
	const traceback = "Traceback (most recent call last):\n  File \"/tmp/x.py\", line 3, in verify\n    raise " +
		"ValueError(\"no\")\n\n"
	for name, tc := range map[string]struct{ text, want string }{
		"nothing":        {"", "no reason was given."},
		"white space":    {" \n", "no reason was given."},
		"plain":          {"It is open", "It is open."},
		"a sentence":     {"It is open.", "It is open."},
		"with the guide": {"It is open." + guide, "It is open."},
		"a call": {
			"Step fails when it is Execute/Cancelling action. An error occurred (InvalidGroup.NotFound) when " +
				"calling the DescribeSecurityGroups operation: The security group 'sg-1' does not exist." + guide,
			"DescribeSecurityGroups answered InvalidGroup.NotFound: The security group 'sg-1' does not exist."},
		"a call that retried": {
			"An error occurred (Throttling) when calling the X operation (reached max retries: 4): Rate exceeded",
			"X answered Throttling: Rate exceeded."},
		"a script": {"Step fails when it is Poll action status for completion. " + traceback +
			"ValueError - TCP 22 is still open to the world." + guide, "TCP 22 is still open to the world."},
		"a script of one line": {"Step fails when it is Poll action status for completion. ValueError: TCP 22 is open" +
			guide, "TCP 22 is open."},
		"a script of lines": {"ValueError - One.\nTwo.", "One.\nTwo."},
		"colon in the text": {"ValueError - The group: sg-1 is in use: by an instance",
			"The group: sg-1 is in use: by an instance."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := ssmtext.Sentence(tc.text); got != tc.want {
				t.Errorf("Sentence = %q, want %q", got, tc.want)
			}
		})
	}
}

// Frames of every kind go, and nothing else does.
func TestSentenceOfOtherFrames(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ text, want string }{
		"a full stop before the guide's": {"Step fails when it is Execute/Cancelling action. It is open.." + guide,
			"It is open."},
		"a call that is not valid": {"Step fails when it is Validating inputs. GroupId is missing." + guide,
			"GroupId is missing."},
		"a property that does not match": {
			"Step fails when it is Poll action status for completion. The value is x, not y." + guide,
			"The value is x, not y."},
		"a timeout": {"Step timed out while step is Execute/Cancelling action. No answer." + guide,
			"No answer."},
		"another word for the frame": {
			"Automation Step Execution fails when it is Execute/Cancelling action. No answer." + guide, "No answer."},
		"the plainest exception": {
			"Step fails when it is Poll action status for completion. Exception - It is open." + guide, "It is open."},
		"a mistake in a script": {
			"Step fails when it is Poll action status for completion. KeyError - 'GroupId'." + guide,
			"KeyError: 'GroupId'."},
		"the word action in the text": {
			"Step fails when it is Validating inputs. Choose another action. It is not valid." + guide,
			"Choose another action. It is not valid."},
		"a call's answer of lines": {"An error occurred (X) when calling the Y operation: One.\nTwo: 3",
			"Y answered X: One.\nTwo: 3."},
		"an error in a call's answer": {
			"An error occurred (X) when calling the Y operation: One.\nInternalError: two",
			"Y answered X: One.\nInternalError: two."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := ssmtext.Sentence(tc.text); got != tc.want {
				t.Errorf("Sentence = %q, want %q", got, tc.want)
			}
		})
	}
}

func FuzzSentence(f *testing.F) {
	f.Add("Step fails when it is Execute/Cancelling action. ValueError - x." + guide)
	f.Add("An error occurred (X) when calling the Y operation: z")
	f.Fuzz(func(t *testing.T, text string) {
		if got := ssmtext.Sentence(text); got == "" || !strings.HasSuffix(got, ".") {
			t.Errorf("ssmtext.Sentence(%q) = %q", text, got)
		}
	})
}
