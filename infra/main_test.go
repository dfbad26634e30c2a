package main

import (
	"strings"
	"testing"
)

// A deployment must not fail again and again, each time with one mistake fewer.
func TestMistakesOfAllSettingsAtOnce(t *testing.T) {
	t.Setenv("CDK_CONTEXT_JSON", `{
		"hubmend:rollout": {"organizationalUnits": "r-a1b2", "regions": ["us-east"]},
		"hubmend:playbooks": ["none"],
		"hubmend:restrictions": {"namePrefix": "Acme", "architecture": 64},
		"hubmend:policy": "none.yaml"
	}`)
	_, _, err := settings()
	if err == nil {
		t.Fatal("the settings are accepted")
	}
	for _, want := range []string{"organizationalUnits: ", "regions: ", "namePrefix: ", "architecture: ",
		"unknown playbook none", "hubmend:policy: open none.yaml"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v\ndoes not have %q", err, want)
		}
	}
}
