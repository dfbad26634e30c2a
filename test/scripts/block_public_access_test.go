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
	for name, tc := range map[string]struct {
		failure string
		before  map[string]string
		want    any // the block before
		change  string
	}{
		"none": {failure: noBlock, before: settings[string](), want: "none",
			change: "Turned on BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy and RestrictPublicBuckets; the bucket had no public access block."},
		"all off": {before: settings("false", "false", "false", "false"), want: recorded(false, false, false, false),
			change: "Turned on BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy and RestrictPublicBuckets."},
		"one off": {before: settings("true", "true", "true", "false"), want: recorded(true, true, true, false),
			change: "Turned on RestrictPublicBuckets."},
		"two off": {before: settings("true", "false", "false", "true"), want: recorded(true, false, false, true),
			change: "Turned on IgnorePublicAcls and BlockPublicPolicy."},
		"all on":                          {before: settings("true", "true", "true", "true"), want: recorded(true, true, true, true), change: "Nothing to change: the bucket blocks all public access."},
		"written with a capital":          {before: settings("True", "False", "True", "True"), want: recorded(true, false, true, true), change: "Turned on IgnorePublicAcls."},
		"a setting that S3 left out":      {before: settings("true", "true", "true"), want: recorded(true, true, true, false), change: "Turned on RestrictPublicBuckets."},
		"unreadable at first, and all on": {failure: "Rate exceeded", before: settings[string](), want: recorded(true, true, true, true), change: "Nothing to change: the bucket blocks all public access."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := interpreter(t)
			payload := map[string]any{"before": tc.before}
			if tc.failure != "" {
				payload["failure"] = tc.failure
			}
			var got struct {
				Before, After map[string]any
				Change        string
			}
			if err := run(t.Context(), config, script, payload, &got); err != nil {
				t.Fatal(err)
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

// Both reads count, and only the last look fails.
func TestPublicAccessIsLookedAt(t *testing.T) {
	t.Parallel()
	script := scriptOf(t, "BlockBucketPublicAccess", "look")
	on := settings(true, true, true, true)
	for name, tc := range map[string]struct {
		first, second map[string]bool
		off           string // a part of the error of the last look; empty when all are on
	}{
		"both on":             {on, on, ""},
		"one off":             {settings(true, true, true, false), on, "RestrictPublicBuckets is off. The block could not be read at first"},
		"off in the second":   {on, settings(false, true, false, true), "BlockPublicAcls and BlockPublicPolicy are off."},
		"another off in each": {settings(false, true, true, true), settings(true, true, true, false), "BlockPublicAcls and RestrictPublicBuckets are off."},
		"nothing":             {settings[bool](), settings[bool](), "start the repair again"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := interpreter(t)
			for look := 1; look <= lastLook; look += lastLook - 1 {
				var got struct{ Again bool }
				err := run(t.Context(), config, script, map[string]any{"first": tc.first, "second": tc.second, "look": look}, &got)
				raises := tc.off != "" && look == lastLook
				if (err != nil) != raises || err != nil && !strings.Contains(err.Error(), tc.off) {
					t.Errorf("look %d: error = %v, want it to say %q", look, err, tc.off)
				}
				if err == nil && got.Again != (tc.off != "") {
					t.Errorf("look %d: Again = %t", look, got.Again)
				}
			}
		})
	}
}
