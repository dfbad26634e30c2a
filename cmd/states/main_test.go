package main

import (
	"os"
	"testing"
)

func TestPageIsUpToDate(t *testing.T) {
	t.Parallel()
	got, err := os.ReadFile("../../docs/maintainers/states.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != page() {
		t.Error("docs/maintainers/states.md is not what the tables say; run make generate")
	}
}
