package runbook_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/runbook"
)

func TestImpureScripts(t *testing.T) {
	t.Parallel()
	doc, err := runbook.Parse([]byte(`
schemaVersion: "0.3"
mainSteps:
  - name: decide
    action: aws:executeScript
    inputs: {Script: "import json, re as r\nfrom collections.abc import Mapping\n# import os"}
  - name: each
    action: aws:loop
    inputs:
      Steps:
        - name: act
          action: aws:executeScript
          inputs: {Script: "import boto3, json\nif 1: import urllib.request as u\nfrom botocore.exceptions import ClientError\nimport boto3"}`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"boto3", "botocore", "urllib"}, doc.ImpureScripts()); diff != "" {
		t.Error(diff)
	}
}
