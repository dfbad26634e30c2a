package main

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	a := administer(t, startSQS(t), "eu-west-1")
	s := terminal{env: a.env}
	s.says(t, exitUsage, "pause",
		"Hubmend is not deployed in account 123456789012, eu-west-1: parameter /hubmend/switch "+
			"not found")
	a.turn(t, "active")
	s.says(t, 0, "resume", "Hubmend in account 123456789012, eu-west-1 is active already; nothing was changed.\n")
	s.says(t, 0, "pause", "is now paused; it was active.\n", "Remediations that are running finish.", "hubmend resume")
	s.says(t, 0, "status", "paused")
	s.says(t, 0, "pause", "is paused already; nothing was changed.\n")
	var got switched
	if err := json.Unmarshal([]byte(s.says(t, 0, "resume --json")), &got); err != nil || got !=
		(switched{"123456789012", "eu-west-1", "paused", "active", true}) {
		t.Errorf("resume --json = %+v, %v", got, err)
	}
	a.turn(t, "actve")
	if out := s.says(t, 0, "resume"); !strings.Contains(out, `it was paused (the value was "actve")`) {
		t.Errorf("prints %s", out)
	}
}
