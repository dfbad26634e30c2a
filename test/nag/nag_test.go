package nag_test

import (
	"slices"
	"strings"
	"testing"

	"hubmend/internal/catalog"
	"hubmend/test/suppression"
)

func TestEveryFindingIsAnswered(t *testing.T) {
	t.Parallel()
	suppressions, err := suppression.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	ours := slices.DeleteFunc(slices.Clone(findings), func(f suppression.Finding) bool { return f.Where == canary })
	if err := suppression.Judge(suppression.Nag, ours, suppressions); err != nil {
		t.Error(err)
	}
}

func TestEveryStackIsVisitedByBothPacks(t *testing.T) {
	t.Parallel()
	if got, want := len(stacks), 3+len(catalog.Embedded().Playbooks); got < want {
		t.Errorf("%d stacks, want at least %d: %v", got, want, stacks)
	}
	for _, stack := range stacks {
		for _, pack := range []string{"AwsSolutions-S", "NIST.800.53.R5-S3"} {
			if !slices.ContainsFunc(findings, func(f suppression.Finding) bool {
				return f.Stack == stack && f.Where == canary && strings.HasPrefix(f.Rule, pack)
			}) {
				t.Errorf("%s: no rule of %s complains of the canary", stack, pack)
			}
		}
	}
}
