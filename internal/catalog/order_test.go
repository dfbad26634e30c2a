package catalog

import (
	"slices"
	"testing"
)

func TestCompare(t *testing.T) {
	t.Parallel()
	for _, want := range [][]string{
		{"CloudFront.5", "CloudTrail.4", "EC2.2", "EC2.6", "EC2.13", "EC2.14", "IAM.3", "IAM.11", "S3.1"},
		{"1.3", "1.10", "2.9", "2.10", "4.1", "10.1"},
		{"", "EC2", "EC2.1", "EC2.1.1", "EC10.1"},
	} {
		got := slices.Clone(want)
		slices.Reverse(got)
		slices.SortFunc(got, Compare)
		if !slices.Equal(got, want) {
			t.Errorf("sorted %v, want %v", got, want)
		}
	}
}
