package lab_test

import (
	"strings"
	"testing"

	"hubmend/internal/lab"
)

// A lab stands for one partition, as an organization is in one.
func TestLabIsInOnePartition(t *testing.T) {
	t.Parallel()
	for regions, want := range map[string]string{
		"nowhere":                 `"nowhere" is not a Region`,
		"us-gov-west-1 us-east-1": "us-east-1 is not in partition aws-us-gov",
		"cn-north-1 anywhere":     "anywhere is not in partition aws-cn",
	} {
		config := lab.Defaults
		config.Regions = strings.Fields(regions)
		if _, err := lab.Start(t.Context(), config); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error that says %s", regions, err, want)
		}
	}
}
