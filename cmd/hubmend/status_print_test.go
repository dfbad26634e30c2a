package main

import (
	"strings"
	"testing"

	"hubmend/internal/ops/outcomes"
	"hubmend/internal/ops/overview"
)

func TestConfirmationsAreShown(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	printConfirmations(&out, overview.Confirmations{Reevaluated: outcomes.Times{Count: 2, MedianSeconds: new(420.)}})
	want := "\nConfirmed by Security Hub after AWS Config was asked to evaluate the rule again: 2 repairs, median 7 min " +
		"after the repair.\n"
	if out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}
