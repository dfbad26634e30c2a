package partition_test

import (
	"testing"

	"hubmend/internal/aws/partition"
)

func TestOf(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]string{
		"us-east-1": "aws", "eu-central-2": "aws", "ap-southeast-5": "aws", "il-central-1": "aws",
		"mx-central-1": "aws", "af-south-1": "aws",
		"us-gov-east-1": "aws-us-gov", "cn-northwest-1": "aws-cn", "eusc-de-east-1": "aws-eusc",
		"us-iso-east-1": "aws-iso", "us-iso-west-1": "aws-iso", "us-isob-east-1": "aws-iso-b",
		"eu-isoe-west-1": "aws-iso-e", "us-isof-south-1": "aws-iso-f",
		"": "", "global": "", "us-east": "", "us-east-1a": "", "US-EAST-1": "", "us-east-1\n": "", "xx-east-1": "",
		"us-gov-1":    "",
		"eusc-east-1": "", "us-isoz-east-1": "", "cn-1": "",
	} {
		got, ok := partition.Of(region)
		if got.Name != want || ok != (want != "") {
			t.Errorf("Of(%q) = %q, %t; want %q", region, got.Name, ok, want)
		}
		if ok && (got.URLSuffix == "" || got.GlobalTrail == "") {
			t.Errorf("partition %s is not complete: %+v", got.Name, got)
		}
		if global, _ := partition.Of(got.GlobalTrail); ok && global.Name != want {
			t.Errorf("%s is not a Region of %s", got.GlobalTrail, want)
		}
	}
}
