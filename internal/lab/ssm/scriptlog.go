package ssm

import (
	"context"
	"time"

	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/automation"
	"hubmend/internal/lab/world"
)

// scriptLog writes the output of scripts to the log of the lab and, if the account has that setting, to CloudWatch Logs
// under the role of the execution. AWS does not document how a step ends whose role lacks the permissions. In the lab
// it fails, even without output.
type scriptLog struct {
	lab      *world.World
	settings *serviceSettings
	api      automation.API
	at       apicall.Place
	id       string // of the execution
}

func (l scriptLog) write(ctx context.Context, step string, lines []string) error {
	for _, line := range lines {
		l.lab.Log("script "+step, line)
	}
	if l.settings.of(l.at, logDestination) != "CloudWatch" {
		return nil
	}
	group, stream := l.settings.of(l.at, logGroupName), l.id+"/"+step
	if err := l.open(ctx, group, stream); err != nil || len(lines) == 0 {
		return err
	}
	events := make([]any, 0, len(lines))
	for _, line := range lines {
		if line == "" {
			line = " " // no message may be empty
		}
		events = append(events, map[string]any{"timestamp": time.Now().UnixMilli(), "message": line})
	}
	_, err := l.api.Call(ctx, "logs", "PutLogEvents",
		map[string]any{"logGroupName": group, "logStreamName": stream, "logEvents": events})
	return err
}

// open makes the group and the stream, when they are not there.
func (l scriptLog) open(ctx context.Context, group, stream string) error {
	groups, err := l.api.Call(ctx, "logs", "DescribeLogGroups", map[string]any{"logGroupNamePrefix": group})
	if err != nil {
		return err
	}
	if !lists(groups["logGroups"], "logGroupName", group) {
		if _, err := l.api.Call(ctx, "logs", "CreateLogGroup", map[string]any{"logGroupName": group}); err != nil {
			return err
		}
	}
	streams, err := l.api.Call(ctx, "logs", "DescribeLogStreams",
		map[string]any{"logGroupName": group, "logStreamNamePrefix": stream})
	if err != nil || lists(streams["logStreams"], "logStreamName", stream) {
		return err
	}
	_, err = l.api.Call(ctx, "logs", "CreateLogStream", map[string]any{"logGroupName": group, "logStreamName": stream})
	return err
}

// lists reports whether a list of objects has one of the name.
func lists(list any, field, name string) bool {
	items, _ := list.([]any)
	for _, item := range items {
		if object, _ := item.(map[string]any); apicall.Text(object[field]) == name {
			return true
		}
	}
	return false
}
