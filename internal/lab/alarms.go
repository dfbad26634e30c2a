package lab

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"hubmend/internal/jsonpath"
)

// alarms are the metric filters and alarms that templates made. moto keeps them, the lab
// says what state they are in.
type alarms struct {
	lab *Lab

	mu      sync.Mutex
	filters []*metricFilter
	all     []alarm
}

// metric is where a metric filter counts and an alarm looks.
type metric struct {
	place
	namespace, name string
}

// metricFilter counts the lines of a log group that have a text in a field.
type metricFilter struct {
	metric
	name  string
	group string
	path  *jsonpath.Path
	text  string
	lines float64
}

// alarm is an AWS::CloudWatch::Alarm.
type alarm struct {
	metric
	title string
	// description is for people.
	description string
	queue       string // of an alarm on the depth of a queue
	operator    string
	threshold   float64
}

// operators are the ComparisonOperators that the lab knows.
var operators = map[string]func(value, threshold float64) bool{
	"GreaterThanOrEqualToThreshold": func(v, t float64) bool { return v >= t },
	"GreaterThanThreshold":          func(v, t float64) bool { return v > t },
	"LessThanThreshold":             func(v, t float64) bool { return v < t },
	"LessThanOrEqualToThreshold":    func(v, t float64) bool { return v <= t },
}

// Alarms gives the names of the alarms that are in ALARM, sorted. An alarm on a metric
// filter looks at the sum over the lab's life, one on the visible messages of a queue at
// the queue as it is; an alarm on any other metric is never in ALARM.
func (l *Lab) Alarms(ctx context.Context) ([]string, error) {
	a := l.alarms
	a.mu.Lock()
	all := slices.Clone(a.all)
	a.mu.Unlock()
	names := []string{}
	for _, one := range all {
		value, known, err := a.value(ctx, one)
		if err != nil {
			return nil, fmt.Errorf("evaluate alarm %s: %w", one.title, err)
		}
		if known && operators[one.operator](value, one.threshold) {
			names = append(names, one.title)
		}
	}
	slices.Sort(names)
	return names, nil
}

// value gives what an alarm looks at, and false if the lab does not measure it.
func (a *alarms) value(ctx context.Context, of alarm) (value float64, known bool, err error) {
	if of.queue != "" {
		n, err := a.lab.queues.count(ctx, of.place, a.lab.queueURL(of.account, of.queue), "ApproximateNumberOfMessages")
		return float64(n), true, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, f := range a.filters {
		if f.metric == of.metric {
			value, known = value+f.lines, true
		}
	}
	return value, known, nil
}

// line takes a line that a function wrote to its log group. That a function names a metric
// that no filter counts is a mistake in the template: its alarm would never be raised.
func (a *alarms) line(at place, group, text string) {
	var fields any
	if json.Unmarshal([]byte(text), &fields) != nil {
		return // filters of fields see JSON only
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	var metric any
	counted := false
	for _, f := range a.filters {
		if f.place != at || f.group != group {
			continue
		}
		found, ok := f.path.Select(fields)
		if ok && found == f.text {
			f.lines++
			counted = true
		}
		if ok && f.path.String() == metricField {
			metric = found
		}
	}
	if metric != nil && !counted {
		a.lab.problem(at, "no metric filter of %s counts the metric %v", group, metric)
	}
}

// metricField is where Hubmend's functions name the metric that a line counts for.
const metricField = "$.metric"

var filterPattern = regexp.MustCompile(`^\{\s*(\$(?:\.\w+)+)\s*=\s*"([^"*]*)"\s*\}$`)

func createMetricFilter(ctx context.Context, s *stack, p properties) (created, error) {
	return putMetricFilter(ctx, s, p.textOr("FilterName", s.physicalID(p.logicalID)), p)
}

func updateMetricFilter(ctx context.Context, s *stack, was deployed, p properties) (created, error) {
	return putMetricFilter(ctx, s, was.ref, p)
}

func deleteMetricFilter(ctx context.Context, s *stack, was deployed) error {
	group := was.was().text("LogGroupName")
	s.lab.alarms.mu.Lock()
	s.lab.alarms.dropFilter(s.at, group, was.ref)
	s.lab.alarms.mu.Unlock()
	_, err := s.call(ctx, "logs", "DeleteMetricFilter", map[string]any{"logGroupName": group, "filterName": was.ref})
	return err
}

// dropFilter gives the lines that a filter has counted.
func (a *alarms) dropFilter(at place, group, name string) (lines float64) {
	a.filters = slices.DeleteFunc(slices.Clone(a.filters), func(f *metricFilter) bool {
		this := f.place == at && f.group == group && f.name == name
		if this {
			lines += f.lines
		}
		return this
	})
	return lines
}

func putMetricFilter(ctx context.Context, s *stack, name string, p properties) (created, error) {
	m := filterPattern.FindStringSubmatch(p.text("FilterPattern"))
	if m == nil {
		return created{}, fmt.Errorf(`the lab knows filter patterns like { $.field = "text" }, not %s`, p.text("FilterPattern"))
	}
	path, err := jsonpath.Compile(m[1])
	if err != nil {
		return created{}, err
	}
	transformations := p.list("MetricTransformations")
	if len(transformations) != 1 {
		return created{}, fmt.Errorf("a metric filter has one of MetricTransformations, not %d", len(transformations))
	}
	first, _ := transformations[0].(map[string]any)
	to := properties{first, p.logicalID}
	if to.text("MetricValue") != "1" || first["Dimensions"] != nil {
		return created{}, errors.New("the lab counts lines: MetricValue must be 1, without Dimensions")
	}
	in := map[string]any{
		"logGroupName": p.text("LogGroupName"), "filterName": name,
		"filterPattern": p.text("FilterPattern"), "metricTransformations": []any{lowerKeys(first)},
	}
	if _, err := s.call(ctx, "logs", "PutMetricFilter", in); err != nil {
		return created{}, err
	}
	s.lab.alarms.mu.Lock()
	defer s.lab.alarms.mu.Unlock()
	lines := s.lab.alarms.dropFilter(s.at, p.text("LogGroupName"), name)
	s.lab.alarms.filters = append(s.lab.alarms.filters, &metricFilter{
		metric: metric{s.at, to.text("MetricNamespace"), to.text("MetricName")}, name: name, group: p.text("LogGroupName"), path: path, text: m[2], lines: lines,
	})
	return created{ref: text(in["filterName"])}, nil
}

// lowerKeys spells the keys of a structure as the API of Logs does.
func lowerKeys(m map[string]any) map[string]any {
	lower := map[string]any{}
	for key, value := range m {
		lower[strings.ToLower(key[:1])+key[1:]] = value
	}
	return lower
}

// alarmProperties are those that PutMetricAlarm takes under the same names.
const alarmProperties = "AlarmDescription Namespace MetricName Dimensions Statistic Period EvaluationPeriods DatapointsToAlarm Threshold " +
	"ComparisonOperator TreatMissingData ActionsEnabled AlarmActions OKActions"

func createAlarm(ctx context.Context, s *stack, p properties) (created, error) {
	return putAlarm(ctx, s, p.textOr("AlarmName", s.physicalID(p.logicalID)), p)
}

func updateAlarm(ctx context.Context, s *stack, was deployed, p properties) (created, error) {
	return putAlarm(ctx, s, was.ref, p)
}

func deleteAlarm(ctx context.Context, s *stack, was deployed) error {
	s.lab.alarms.mu.Lock()
	s.lab.alarms.dropAlarm(s.at, was.ref)
	s.lab.alarms.mu.Unlock()
	_, err := s.call(ctx, "cloudwatch", "DeleteAlarms", map[string]any{"AlarmNames": []any{was.ref}})
	return err
}

func (a *alarms) dropAlarm(at place, name string) {
	a.all = slices.DeleteFunc(slices.Clone(a.all), func(one alarm) bool { return one.place == at && one.title == name })
}

func putAlarm(ctx context.Context, s *stack, name string, p properties) (created, error) {
	one := alarm{
		metric: metric{s.at, p.text("Namespace"), p.text("MetricName")}, title: name,
		operator: p.text("ComparisonOperator"), description: p.text("AlarmDescription"),
	}
	if operators[one.operator] == nil {
		return created{}, fmt.Errorf("the lab does not know the ComparisonOperator %s", one.operator)
	}
	var err error
	if one.threshold, err = strconv.ParseFloat(p.text("Threshold"), 64); err != nil {
		return created{}, fmt.Errorf("read Threshold: %w", err)
	}
	for _, item := range p.list("Dimensions") {
		m, _ := item.(map[string]any)
		one.queue = cmp.Or(one.queue, queueDimension(one.metric, properties{m, p.logicalID}))
		if one.queue == "" {
			one.name = "" // a metric filter counts without dimensions: this is another metric
		}
	}
	in := p.pick(strings.Fields(alarmProperties)...)
	in["AlarmName"] = one.title
	if _, err := s.call(ctx, "cloudwatch", "PutMetricAlarm", in); err != nil {
		return created{}, err
	}
	s.lab.alarms.mu.Lock()
	defer s.lab.alarms.mu.Unlock()
	s.lab.alarms.dropAlarm(s.at, one.title)
	s.lab.alarms.all = append(s.lab.alarms.all, one)
	return created{one.title, map[string]any{"Arn": s.arn("cloudwatch", "alarm:"+one.title)}}, nil
}

// queueDimension gives the queue whose depth a metric with a dimension is.
func queueDimension(m metric, dimension properties) string {
	if m.namespace == "AWS/SQS" && m.name == "ApproximateNumberOfMessagesVisible" && dimension.text("Name") == "QueueName" {
		return dimension.text("Value")
	}
	return ""
}
