// Package cloudwatch decides the state of alarms, from metrics in the logs of functions and from the depth of queues.
// moto stores alarms and dashboards.
package cloudwatch

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

	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/cloudformation"
	"hubmend/internal/lab/world"
)

// Alarms are the alarms that templates created, and the metrics that decide their state.
type Alarms struct {
	lab    *world.World
	depths queueDepths

	mu    sync.Mutex
	all   []alarm
	lines []sample // the metrics of functions
}

// New gives the alarms of a lab that has none yet.
func New(w *world.World, depths queueDepths) *Alarms { return &Alarms{lab: w, depths: depths} }

// queueDepths counts the messages of queues.
type queueDepths interface {
	Count(ctx context.Context, at apicall.Place, url string, attributes ...string) (int, error)
}

// metric identifies the metric of an alarm.
type metric struct {
	apicall.Place
	namespace, name string
}

// alarm is an AWS::CloudWatch::Alarm.
type alarm struct {
	metric
	title string
	// description is for people.
	description string
	queue       string // of an alarm on the depth of a queue
	blind       bool   // the lab does not have the metric
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

// Raised gives the names of the alarms that are in ALARM, sorted. An alarm on a metric of functions stays in ALARM once
// it was. An alarm on the visible messages of a queue follows the queue. No other alarm is ever in ALARM, and neither
// is one for which missing data is breaching: what AWS does regularly, such as a sweep, the lab does on request.
func (a *Alarms) Raised(ctx context.Context) ([]string, error) {
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

func (a *Alarms) raised(ctx context.Context, one alarm) (bool, error) {
	if one.blind {
		return false, nil
	}
	if one.queue == "" {
		a.mu.Lock()
		defer a.mu.Unlock()
		return one.breached(a.lines), nil
	}
	n, err := a.depths.Count(ctx, one.Place, a.lab.QueueURL(one.Account, one.queue), "ApproximateNumberOfMessages")
	return operators[one.operator](float64(n), one.threshold), err
}

// alarmProperties have the same names in PutMetricAlarm.
const alarmProperties = "AlarmDescription Namespace MetricName Dimensions Statistic Period EvaluationPeriods " +
	"DatapointsToAlarm Threshold " +
	"ComparisonOperator TreatMissingData ActionsEnabled AlarmActions OKActions"

func (a *Alarms) createAlarm(ctx context.Context, s *cloudformation.Stack,
	p cloudformation.Properties) (cloudformation.Created, error) {
	return a.putAlarm(ctx, s, p.TextOr("AlarmName", s.PhysicalID(p.LogicalID)), p)
}

func (a *Alarms) updateAlarm(ctx context.Context, s *cloudformation.Stack, was cloudformation.Deployed,
	p cloudformation.Properties) (cloudformation.Created, error) {
	return a.putAlarm(ctx, s, was.Ref, p)
}

func (a *Alarms) deleteAlarm(ctx context.Context, s *cloudformation.Stack, was cloudformation.Deployed) error {
	a.mu.Lock()
	a.dropAlarm(s.At, was.Ref)
	a.mu.Unlock()
	_, err := s.Call(ctx, "cloudwatch", "DeleteAlarms", map[string]any{"AlarmNames": []any{was.Ref}})
	return err
}

func (a *Alarms) dropAlarm(at apicall.Place, name string) {
	a.all = slices.DeleteFunc(slices.Clone(a.all), func(one alarm) bool { return one.Place == at && one.title == name })
}

func (a *Alarms) putAlarm(ctx context.Context, s *cloudformation.Stack, name string,
	p cloudformation.Properties) (cloudformation.Created, error) {
	one := alarm{
		metric: metric{s.At, p.Text("Namespace"), p.Text("MetricName")}, title: name,
		operator: p.Text("ComparisonOperator"), description: p.Text("AlarmDescription"),
		blind: p.Text("TreatMissingData") == "breaching",
	}
	if operators[one.operator] == nil {
		return cloudformation.Created{}, fmt.Errorf("the lab does not know the ComparisonOperator %s", one.operator)
	}
	var err error
	if one.threshold, err = strconv.ParseFloat(p.Text("Threshold"), 64); err != nil {
		return cloudformation.Created{}, fmt.Errorf("read Threshold: %w", err)
	}
	if err := one.readPeriods(p); err != nil {
		return cloudformation.Created{}, err
	}
	for _, item := range p.List("Dimensions") {
		m, _ := item.(map[string]any)
		one.queue = cmp.Or(one.queue, queueDimension(one.metric, cloudformation.Properties{All: m,
			LogicalID: p.LogicalID}))
		one.blind = one.blind || one.queue == "" // metrics of functions have no dimensions
	}
	in := p.Pick(strings.Fields(alarmProperties)...)
	in["AlarmName"] = one.title
	if _, err := s.Call(ctx, "cloudwatch", "PutMetricAlarm", in); err != nil {
		return cloudformation.Created{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.dropAlarm(s.At, one.title)
	a.all = append(a.all, one)
	return cloudformation.Created{Ref: one.title, Attributes: map[string]any{"Arn": s.ARN("cloudwatch",
		"alarm:"+one.title)}}, nil
}

// queueDimension gives the queue of a metric that is the depth of a queue.
func queueDimension(m metric, dimension cloudformation.Properties) string {
	if m.namespace == "AWS/SQS" && m.name == "ApproximateNumberOfMessagesVisible" &&
		dimension.Text("Name") == "QueueName" {
		return dimension.Text("Value")
	}
	return ""
}

// readPeriods reads the number and length of the periods.
func (one *alarm) readPeriods(p cloudformation.Properties) error {
	seconds, err := strconv.Atoi(p.Text("Period"))
	if err == nil {
		one.period = time.Duration(seconds) * time.Second
		one.periods, err = strconv.Atoi(p.TextOr("EvaluationPeriods", "1"))
	}
	if err != nil {
		return fmt.Errorf("read Period and EvaluationPeriods: %w", err)
	}
	if most := p.TextOr("DatapointsToAlarm", strconv.Itoa(one.periods)); most != strconv.Itoa(one.periods) {
		return errors.New("the lab supports only alarms on all of their periods: DatapointsToAlarm must be " +
			"EvaluationPeriods")
	}
	return nil
}
