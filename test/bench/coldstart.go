package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"hubmend/internal/catalog"
	"hubmend/internal/engine/control"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/prepared"
	"hubmend/internal/lab/lambdahost"
)

// fewControls is how many the first version had. More of them must not make a cold start longer.
const (
	fewControls  = 18
	manyControls = 300
	coldStarts   = 15
)

// coldStart measures how long dispatch takes until it can work, and how long it then takes for the first finding, which
// it ignores because it is archived: with a few controls, with those of the catalog, and with many more.
func coldStart(ctx context.Context) ([]measurement, error) {
	var all []measurement
	var few time.Duration
	for _, controls := range []int{fewControls, len(catalog.Embedded().Controls), manyControls} {
		started, worked, err := startsWith(ctx, controls)
		if err != nil {
			return nil, err
		}
		if controls == fewControls {
			few = started
		}
		of := func(what string, d time.Duration, most float64) measurement {
			return measurement{What: fmt.Sprintf("%s with %d controls, fastest of %d", what, controls, coldStarts),
				Value: float64(d.Microseconds()) / 1000, Unit: "ms", AtMost: most}
		}
		all = append(all, of("cold start of dispatch", started, 60), of("  its first finding", worked, 10))
		if controls > fewControls {
			all = append(all, measurement{What: fmt.Sprintf("  longer than with %d controls", fewControls),
				Value: float64(max(0, started-few).Microseconds()) / 1000, Unit: "ms", AtMost: 2})
		}
	}
	return all, nil
}

// startsWith returns the shortest start of dispatch with so many controls, and the shortest first finding.
func startsWith(ctx context.Context, controls int) (started, worked time.Duration, err error) {
	folder, err := os.MkdirTemp("", "hubmend-bench-")
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	last, err := buildWith(ctx, folder, controls)
	if err != nil {
		return 0, 0, err
	}
	message, err := archived(last)
	if err != nil {
		return 0, 0, err
	}
	started, worked = time.Hour, time.Hour
	for range coldStarts {
		result, err := invokeOnce(ctx, filepath.Join(folder, "bootstrap"), message)
		if err != nil {
			return 0, 0, err
		}
		started, worked = min(started, result.InitDuration), min(worked, result.Duration)
	}
	return started, worked, nil
}

// buildWith builds dispatch with a catalog of that many controls and returns the last control.
func buildWith(ctx context.Context, folder string, controls int) (control.Control, error) {
	known := catalog.Embedded().Controls
	var all []control.Control
	for i := range controls {
		c := known[i%len(known)]
		c.ID = fmt.Sprint("Service.", i)
		c.Frameworks = map[string]string{}
		for standard := range known[i%len(known)].Frameworks {
			c.Frameworks[standard] = c.ID
		}
		all = append(all, c)
	}
	text, err := prepared.Write(all, nil, nil, nil)
	if err != nil {
		return control.Control{}, err
	}
	original, err := filepath.Abs("internal/engine/prepared/catalog.tsv")
	if err != nil {
		return control.Control{}, err
	}
	large, overlay := filepath.Join(folder, "catalog.tsv"), filepath.Join(folder, "overlay.json")
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {original: large}})
	if err != nil {
		return control.Control{}, err
	}
	for name, content := range map[string][]byte{large: text, overlay: replace} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			return control.Control{}, err
		}
	}
	_, err = output(exec.CommandContext(ctx, "go", "build", "-tags", "lambda.norpc", "-trimpath", "-ldflags", "-s -w",
		"-overlay", overlay, "-o", filepath.Join(folder, "bootstrap"), "./lambdas/dispatch"))
	return all[controls-1], err
}

// archived is a batch with a finding of a control that asks for nothing.
func archived(c control.Control) ([]byte, error) {
	m, err := message(map[string]any{
		"id": "event", "source": "aws.securityhub", "detail-type": "Security Hub Findings - Imported",
		"time": time.Now().UTC().Format(time.RFC3339),
		"detail": map[string]any{"findings": []any{map[string]any{
			"Id":           "arn:aws:securityhub:eu-west-1:222222222222:security-control/" + c.ID + "/finding/1",
			"ProductArn":   "arn:aws:securityhub:eu-west-1::product/aws/securityhub",
			"GeneratorId":  "security-control/" + c.ID,
			"AwsAccountId": "222222222222", "Region": "eu-west-1", "RecordState": "ARCHIVED",
			"LastObservedAt": time.Now().UTC().Format(time.RFC3339),
			"Compliance":     map[string]any{"Status": "FAILED", "SecurityControlId": c.ID},
			"Workflow":       map[string]any{"Status": "NEW"},
			"Resources": []any{map[string]any{"Type": c.Resource.Type,
				"Id": "arn:aws:ec2:eu-west-1:222222222222:security-group/sg-0123456789abcdef0"}},
		}}},
	}, time.Now())
	if err != nil {
		return nil, err
	}
	return json.Marshal(events.SQSEvent{Records: []events.SQSMessage{m}})
}

func invokeOnce(ctx context.Context, binary string, payload []byte) (lambdahost.Result, error) {
	env := map[string]string{"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "K", "AWS_SECRET_ACCESS_KEY": "s"}
	for _, name := range []string{
		naming.EnvLedgerTable, naming.EnvTopicARN, naming.EnvEventBus, naming.EnvPartition, naming.EnvSwitch,
		naming.EnvFindingsQueue, naming.EnvFindingsDead,
	} {
		env[name] = "bench"
	}
	f, err := lambdahost.New(lambdahost.Config{Name: "dispatch", Binary: binary, Timeout: 30 * time.Second, Env: env})
	if err != nil {
		return lambdahost.Result{}, err
	}
	defer f.Close()
	result, err := f.Invoke(ctx, payload)
	if err == nil && (result.FunctionError != "" || string(result.Payload) != `{"batchItemFailures":null}`) {
		err = fmt.Errorf("dispatch answers %s", result.Payload)
	}
	return result, err
}
