package scripts_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// noBlock is what Automation records of the call for a bucket that has no public access block.
const noBlock = "Step fails when it is Execute/Cancelling action. An error occurred (NoSuchPublicAccessBlockConfiguration) " +
	"when calling the GetPublicAccessBlock operation: The public access block configuration was not found. " +
	"Please refer to Automation Service Troubleshooting Guide for more diagnosis details."

var blockSettings = []string{"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"}

// settings gives each of the four settings its value.
func settings[T any](values ...T) map[string]T {
	all := map[string]T{}
	for i, value := range values {
		all[blockSettings[i]] = value
	}
	return all
}

// recorded is a block as it is decoded.
func recorded(values ...any) map[string]any { return settings(values...) }

// A setting that is not given, and a failure that is not given, is an output without a
// value: Automation leaves the key out.
func TestPublicAccessIsBlocked(t *testing.T) {
	t.Parallel()
	script := scriptOf(t, "BlockBucketPublicAccess", "verify")
	on := settings(true, true, true, true)
	for name, tc := range map[string]struct {
		failure string
		before  map[string]string
		after   map[string]bool
		want    any // the block before
		change  string
		err     string // a part of it; then there is no outcome
	}{
		"none": {failure: noBlock, before: settings[string](), after: on, want: "none",
			change: "Turned on BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy and RestrictPublicBuckets; the bucket had no public access block."},
		"all off": {before: settings("false", "false", "false", "false"), after: on, want: recorded(false, false, false, false),
			change: "Turned on BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy and RestrictPublicBuckets."},
		"one off": {before: settings("true", "true", "true", "false"), after: on, want: recorded(true, true, true, false),
			change: "Turned on RestrictPublicBuckets."},
		"two off": {before: settings("true", "false", "false", "true"), after: on, want: recorded(true, false, false, true),
			change: "Turned on IgnorePublicAcls and BlockPublicPolicy."},
		"all on":                          {before: settings("true", "true", "true", "true"), after: on, want: recorded(true, true, true, true), change: "Nothing to change: the bucket blocks all public access."},
		"written with a capital":          {before: settings("True", "False", "True", "True"), after: on, want: recorded(true, false, true, true), change: "Turned on IgnorePublicAcls."},
		"a setting that S3 left out":      {before: settings("true", "true", "true"), after: on, want: recorded(true, true, true, false), change: "Turned on RestrictPublicBuckets."},
		"unreadable at first, and all on": {failure: "Rate exceeded", before: settings[string](), after: on, want: recorded(true, true, true, true), change: "Nothing to change: the bucket blocks all public access."},
		"unreadable at first":             {failure: "Rate exceeded", before: settings[string](), after: settings(true, true, true, false), err: "RestrictPublicBuckets is off. The block could not be read at first"},
		"turned off meanwhile":            {before: settings("true", "false", "true", "true"), after: settings(false, true, false, true), err: "BlockPublicAcls and BlockPublicPolicy are off."},
		"nothing afterwards":              {failure: noBlock, before: settings[string](), after: settings[bool](), err: "start the repair again"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := interpreter(t)
			payload := map[string]any{"before": tc.before, "after": tc.after}
			if tc.failure != "" {
				payload["failure"] = tc.failure
			}
			var got struct {
				Before, After map[string]any
				Change        string
			}
			err := run(t.Context(), config, script, payload, &got)
			if (err != nil) != (tc.err != "") || err != nil && !strings.Contains(err.Error(), tc.err) {
				t.Fatalf("error = %v, want it to say %q", err, tc.err)
			}
			if err != nil {
				return
			}
			want := []map[string]any{{"PublicAccessBlock": tc.want}, {"PublicAccessBlock": recorded(true, true, true, true)}}
			if diff := cmp.Diff(want, []map[string]any{got.Before, got.After}); diff != "" {
				t.Errorf("Before, After (-want +got):\n%s", diff)
			}
			if got.Change != tc.change {
				t.Errorf("Change = %q, want %q", got.Change, tc.change)
			}
		})
	}
}
