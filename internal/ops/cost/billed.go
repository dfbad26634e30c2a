package cost

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// alarm counts the metrics of an alarm.
func (s *stackOf) alarm(r resource) error {
	var p struct {
		Namespace, MetricName string
		Period                int
		Dimensions            []any
		Metrics               []struct{ MetricStat *struct{ Period int } }
	}
	if err := json.Unmarshal(r.Properties, &p); err != nil {
		return err
	}
	var periods []int
	for _, m := range p.Metrics {
		if m.MetricStat != nil {
			periods = append(periods, m.MetricStat.Period)
		}
	}
	if len(p.Metrics) == 0 {
		periods = []int{p.Period}
	}
	if len(periods) == 0 || slices.Min(periods) < 60 {
		return fmt.Errorf("periods of %v s: only metrics of 60 s and more have a price here", periods)
	}
	s.counts[alarm] += len(periods)
	return s.custom(p.Namespace, p.MetricName, len(p.Dimensions))
}

// custom counts a custom metric once, however many alarms and widgets use it. The metrics of AWS are free.
// A test of the templates ensures that the dashboard shows every metric that the functions count.
func (s *stackOf) custom(namespace, name string, dimensions int) error {
	switch {
	case namespace == "" || strings.HasPrefix(namespace, "AWS/"):
		return nil
	case dimensions > 0:
		return fmt.Errorf("metric %s has dimensions, and each of their values is billed as a metric of its own", name)
	}
	s.metrics[namespace+"/"+name] = true
	return nil
}

// mostMetrics is how many metrics the price of a dashboard includes.
const mostMetrics = 50

// dashboard counts a dashboard and the metrics on it.
func (s *stackOf) dashboard(r resource) error {
	var p struct {
		DashboardBody struct {
			Sub string `json:"Fn::Sub"`
		}
	}
	var body struct {
		Widgets []struct{ Properties struct{ Metrics [][]any } }
	}
	if err := json.Unmarshal(r.Properties, &p); err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(p.DashboardBody.Sub), &body); err != nil {
		return fmt.Errorf("read its body, which must be an Fn::Sub of JSON: %w", err)
	}
	s.counts[dashboard]++
	shown := 0
	for _, w := range body.Widgets {
		for _, m := range w.Properties.Metrics {
			if len(m) < 2 {
				return fmt.Errorf("%v is not a namespace and name of a metric", m)
			}
			if shown++; shown > mostMetrics {
				return fmt.Errorf("it shows more than %d metrics, which costs more", mostMetrics)
			}
			if err := s.custom(fmt.Sprint(m[0]), fmt.Sprint(m[1]), len(m)-2); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *stackOf) logGroup(r resource) error {
	var p struct{ RetentionInDays float64 }
	if err := json.Unmarshal(r.Properties, &p); err != nil {
		return err
	}
	if p.RetentionInDays == 0 {
		return errors.New("its events never expire, which costs more each month; set RetentionInDays")
	}
	s.inv.LogDays = max(s.inv.LogDays, p.RetentionInDays)
	return nil
}

// eventSource counts a queue that Lambda polls.
func (s *stackOf) eventSource(r resource) error {
	var p struct {
		ScalingConfig           struct{ MaximumConcurrency int }
		ProvisionedPollerConfig any
	}
	if err := json.Unmarshal(r.Properties, &p); err != nil {
		return err
	}
	if p.ProvisionedPollerConfig != nil || p.ScalingConfig.MaximumConcurrency == 0 {
		return errors.New("the number of pollers is known only for event source mappings with a maximum " +
			"concurrency")
	}
	s.inv.Polled++
	return nil
}

func (s *stackOf) function(r resource) error {
	name, memory, err := functionOf(r)
	if err == nil {
		s.inv.Memory[name] = memory
	}
	return err
}

func functionOf(r resource) (name string, memory float64, err error) {
	var p struct {
		FunctionName  string
		MemorySize    float64
		Architectures []string
	}
	if err := json.Unmarshal(r.Properties, &p); err != nil {
		return "", 0, err
	}
	if len(p.Architectures) != 1 || p.Architectures[0] != "arm64" {
		return "", 0, fmt.Errorf("only arm64 has a price here, not %v", p.Architectures)
	}
	if p.FunctionName == "" || p.MemorySize == 0 {
		return "", 0, errors.New("FunctionName and MemorySize are required")
	}
	return p.FunctionName, p.MemorySize, nil
}

var rate = regexp.MustCompile(`^rate\((\d+) (minute|hour|day)s?\)$`)

// rule records a schedule with the functions that it runs.
func (s *stackOf) rule(r resource) error {
	var p struct {
		ScheduleExpression string
		Targets            []struct{ Arn any }
	}
	if err := json.Unmarshal(r.Properties, &p); err != nil || p.ScheduleExpression == "" {
		return err
	}
	m := rate.FindStringSubmatch(p.ScheduleExpression)
	if m == nil {
		return fmt.Errorf("the schedule %q is not a rate", p.ScheduleExpression)
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return err
	}
	every := time.Duration(n) * map[string]time.Duration{"minute": time.Minute, "hour": time.Hour,
		"day": 24 * time.Hour}[m[2]]
	for _, t := range p.Targets {
		function, ok := s.resources[referred(t.Arn)]
		if !ok || function.Type != "AWS::Lambda::Function" {
			return errors.New("its schedule has a target that is not a function of this template")
		}
		name, _, err := functionOf(function)
		if err != nil {
			return err
		}
		s.inv.Schedules = append(s.inv.Schedules, Schedule{Function: name, Every: every})
	}
	return nil
}

// referred returns the logical id in an Fn::GetAtt.
func referred(value any) string {
	get, _ := value.(map[string]any)
	path, _ := get["Fn::GetAtt"].([]any)
	if len(path) == 0 {
		return ""
	}
	id, _ := path[0].(string)
	return id
}

func (s *stackOf) table(r resource) error {
	var p struct {
		BillingMode                      string
		PointInTimeRecoverySpecification struct{ PointInTimeRecoveryEnabled bool }
	}
	if err := json.Unmarshal(r.Properties, &p); err != nil {
		return err
	}
	if p.BillingMode != "PAY_PER_REQUEST" {
		return errors.New("only on-demand tables have a price here")
	}
	s.inv.Recovery = s.inv.Recovery || p.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled
	return nil
}
