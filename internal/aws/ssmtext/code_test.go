package ssmtext_test

import (
	"testing"

	"hubmend/internal/aws/ssmtext"
)

func TestCode(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ text, want string }{
		"nothing": {"", ""},
		"a call": {
			"Step fails when it is Execute/Cancelling action. An error occurred (ThrottlingException) when calling " +
				"the PutBucketPolicy operation: Rate exceeded." + guide, "ThrottlingException"},
		"a code with a dot": {
			"An error occurred (InvalidGroup.NotFound) when calling the DescribeSecurityGroups operation: no",
			"InvalidGroup.NotFound"},
		"a call that retried": {
			"An error occurred (Throttling) when calling the X operation (reached max retries: 4): Rate exceeded",
			"Throttling"},
		"with space around": {" An error occurred (Throttling) when calling the X operation: Rate exceeded\n",
			"Throttling"},
		"a sentence": {"It is open.", ""},
		"a script's words": {
			"Step fails when it is Poll action status for completion. ValueError - TCP 22 is open." + guide, ""},
		"a quotation": {"The call said: An error occurred (Throttling) when calling the X operation: y", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := ssmtext.Code(tc.text); got != tc.want {
				t.Errorf("Code = %q, want %q", got, tc.want)
			}
		})
	}
}
