package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/decide"
	"hubmend/internal/lab/samplefinding"
	"hubmend/internal/ops/findingfile"
	"hubmend/internal/ops/preview"
)

// previewOfTenThousand measures a preview of 10,000 findings of 4 KB, from the text of their file on.
func previewOfTenThousand(context.Context) ([]measurement, error) {
	const findings, resource = 10_000, "arn:aws:ec2:us-east-1:222222222222:security-group/sg-0"
	group := catalog.Embedded().Playbooks[0].Groups[0]
	for _, g := range catalog.Embedded().Playbooks[0].Groups {
		if c, _ := catalog.Embedded().ByID(g.Controls[0]); c.Resource.Type == "AwsEc2SecurityGroup" {
			group = g
		}
	}
	control, _ := catalog.Embedded().ByID(group.Controls[0])
	now := time.Now()
	document, err := samplefinding.Build(samplefinding.Spec{Control: control, Resource: resource,
		Account: "222222222222", Region: "us-east-1", ID: "finding", Now: now})
	if err != nil {
		return nil, err
	}
	document["Description"] = strings.Repeat("x", 3000)
	one, err := json.Marshal(document)
	if err != nil {
		return nil, err
	}
	all := make([]string, findings)
	for i := range all {
		all[i] = strings.NewReplacer("sg-0", fmt.Sprint("sg-", i), "/finding/finding", fmt.Sprint("/finding/", i)).
			Replace(string(one))
	}
	text := []byte("[" + strings.Join(all, ",") + "]")
	begin := time.Now()
	documents, err := findingfile.Split(text)
	if err != nil {
		return nil, err
	}
	var read []preview.Finding
	for _, raw := range documents {
		f, err := preview.Read(raw)
		if err != nil {
			return nil, err
		}
		read = append(read, f)
	}
	report := preview.Make(preview.Options{Now: now, Catalog: catalog.Embedded(), Enabled: []catalog.Group{group},
		Settings: decide.Defaults}, read)
	took := time.Since(begin)
	if report.Total.Repairs != findings {
		return nil, fmt.Errorf("a preview of %d findings has %d repairs", findings, report.Total.Repairs)
	}
	return []measurement{{What: "preview of 10,000 findings", Value: took.Seconds(), Unit: "s", AtMost: 10}}, nil
}
