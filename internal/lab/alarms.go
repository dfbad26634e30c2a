package lab

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// alarms are those that templates made. moto keeps them, the lab says what state they are in.
type alarms struct {
	lab    *world
	depths queueDepths

	mu    sync.Mutex
	all   []alarm
	lines []sample // what functions have counted
}

func newAlarms(w *world, depths queueDepths) *alarms { return &alarms{lab: w, depths: depths} }

// queueDepths counts the messages of queues.
type queueDepths interface {
	count(ctx context.Context, at place, url string, attributes ...string) (int, error)
}

// metric is where an alarm looks.
type metric struct {
	place
	namespace, name string
}

// alarm is an AWS::CloudWatch::Alarm.
type alarm struct {
	metric
	title string
	// description is for people.
	description string
	queue       string // of an alarm on the depth of a queue
	blind       bool   // the lab cannot say what it looks at
	operator    string
	threshold   float64
	period      time.Duration
	periods     int // in a row
}

// operators are the ComparisonOperators that the lab knows.
var operators = map[string]func(value, threshold float64) bool{
	"GreaterThanOrEqualToThreshold": func(v, t float64) bool { return v >= t },
	"GreaterThanThreshold":          func(v, t float64) bool { return v > t },
	"LessThanThreshold":             func(v, t float64) bool { return v < t },
	"LessThanOrEqualToThreshold":    func(v, t float64) bool { return v <= t },
}

// raisedNames gives the names of the alarms that are in ALARM, sorted. An alarm on what functions count
// is when it ever was, one on the visible messages of a queue when it is. An alarm on any other metric is never in
// ALARM, and neither is one for which missing data is a breach: what comes by itself in AWS, such as a sweep, comes
// in the lab when somebody says so.
func (a *alarms) raisedNames(ctx context.Context) ([]string, error) {
	a.mu.Lock()
	all := slices.Clone(a.all)
	a.mu.Unlock()
	names := []string{}
	for _, one := range all {
		raised, err := a.raised(ctx, one)
		if err != nil {
			return nil, fmt.Errorf("evaluate alarm %s: %w", one.title, err)
		}
		if raised {
			names = append(names, one.title)
		}
	}
	slices.Sort(names)
	return names, nil
}

func (a *alarms) raised(ctx context.Context, one alarm) (bool, error) {
	if one.blind {
		return false, nil
	}
	if one.queue == "" {
		a.mu.Lock()
		defer a.mu.Unlock()
		return one.breached(a.lines), nil
	}
	n, err := a.depths.count(ctx, one.place, a.lab.queueURL(one.account, one.queue), "ApproximateNumberOfMessages")
	return operators[one.operator](float64(n), one.threshold), err
}

// alarmProperties are those that PutMetricAlarm takes under the same names.
const alarmProperties = "AlarmDescription Namespace MetricName Dimensions Statistic Period EvaluationPeriods " +
	"DatapointsToAlarm Threshold " +
	"ComparisonOperator TreatMissingData ActionsEnabled AlarmActions OKActions"

func (a *alarms) createAlarm(ctx context.Context, s *stack, p properties) (created, error) {
	return a.putAlarm(ctx, s, p.textOr("AlarmName", s.physicalID(p.logicalID)), p)
}

func (a *alarms) updateAlarm(ctx context.Context, s *stack, was deployed, p properties) (created, error) {
	return a.putAlarm(ctx, s, was.ref, p)
}

func (a *alarms) deleteAlarm(ctx context.Context, s *stack, was deployed) error {
	a.mu.Lock()
	a.dropAlarm(s.at, was.ref)
	a.mu.Unlock()
	_, err := s.call(ctx, "cloudwatch", "DeleteAlarms", map[string]any{"AlarmNames": []any{was.ref}})
	return err
}

func (a *alarms) dropAlarm(at place, name string) {
	a.all = slices.DeleteFunc(slices.Clone(a.all), func(one alarm) bool { return one.place == at && one.title == name })
}

func (a *alarms) putAlarm(ctx context.Context, s *stack, name string, p properties) (created, error) {
	one := alarm{
		metric: metric{s.at, p.text("Namespace"), p.text("MetricName")}, title: name,
		operator: p.text("ComparisonOperator"), description: p.text("AlarmDescription"),
		blind: p.text("TreatMissingData") == "breaching",
	}
	if operators[one.operator] == nil {
		return created{}, fmt.Errorf("the lab does not know the ComparisonOperator %s", one.operator)
	}
	var err error
	if one.threshold, err = strconv.ParseFloat(p.text("Threshold"), 64); err != nil {
		return created{}, fmt.Errorf("read Threshold: %w", err)
	}
	if err := one.readPeriods(p); err != nil {
		return created{}, err
	}
	for _, item := range p.list("Dimensions") {
		m, _ := item.(map[string]any)
		one.queue = cmp.Or(one.queue, queueDimension(one.metric, properties{m, p.logicalID}))
		one.blind = one.blind || one.queue == "" // functions count without dimensions: this is another metric
	}
	in := p.pick(strings.Fields(alarmProperties)...)
	in["AlarmName"] = one.title
	if _, err := s.call(ctx, "cloudwatch", "PutMetricAlarm", in); err != nil {
		return created{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.dropAlarm(s.at, one.title)
	a.all = append(a.all, one)
	return created{one.title, map[string]any{"Arn": s.arn("cloudwatch", "alarm:"+one.title)}}, nil
}

// queueDimension gives the queue whose depth a metric with a dimension is.
func queueDimension(m metric, dimension properties) string {
	if m.namespace == "AWS/SQS" && m.name == "ApproximateNumberOfMessagesVisible" &&
		dimension.text("Name") == "QueueName" {
		return dimension.text("Value")
	}
	return ""
}

// readPeriods reads over how long an alarm looks, which an alarm on a queue's depth need not say here.
func (one *alarm) readPeriods(p properties) error {
	seconds, err := strconv.Atoi(p.text("Period"))
	if err == nil {
		one.period = time.Duration(seconds) * time.Second
		one.periods, err = strconv.Atoi(p.textOr("EvaluationPeriods", "1"))
	}
	if err != nil {
		return fmt.Errorf("read Period and EvaluationPeriods: %w", err)
	}
	if most := p.textOr("DatapointsToAlarm", strconv.Itoa(one.periods)); most != strconv.Itoa(one.periods) {
		return errors.New("the lab knows alarms that want every one of their periods: DatapointsToAlarm must be " +
			"EvaluationPeriods")
	}
	return nil
}
