// Package faults makes calls fail, hang or read old state at the moments that a scenario names.
package faults

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/python"
	"hubmend/internal/lab/story"
	"hubmend/internal/lab/world"
)

// Intervention changes what happens at a call: another call just before or after it, an error instead of its answer, or
// the end of the function that makes it.
type Intervention struct {
	// Before or After names the call, as botocore's service:Api: one that a runbook makes, in a step or a script, or,
	// with Function, one that this function makes, in its own account or a member's.
	Before, After string
	Function      string

	Times int           // how often; 0 is once
	For   time.Duration // instead of Times: from the first such call on

	Call *apicall.Call // made first
	// Error is what the caller gets instead of an answer.
	ErrorCode, ErrorMessage string
	// StaleCall is a read, as service:Api, that shows the state before the call for StaleTimes more:
	// steps get the answer that the same read had last. For a runbook's steps only.
	StaleCall  string
	StaleTimes int
	// Kill ends the process of the function, which gets no answer.
	Kill bool
}

// Moment is when an intervention happens.
type Moment struct {
	Function string // empty for a runbook's step
	API      string
	After    bool
}

// String implements fmt.Stringer.
func (m Moment) String() string {
	if m.After {
		return "after " + m.API
	}
	return "before " + m.API
}

// Interventions are the interventions of a scenario, with what is left of them.
type Interventions struct {
	lab       *world.World
	functions killer
	call      func(context.Context, apicall.Call) (map[string]any, error)
	stale     staleReads
	silence   silence

	mu   sync.Mutex
	left []*pending
}

// New begins without interventions. They make their calls by call.
func New(w *world.World, functions killer,
	call func(context.Context, apicall.Call) (map[string]any, error)) *Interventions {
	return &Interventions{lab: w, functions: functions, call: call}
}

// killer ends the processes of functions.
type killer interface {
	Exists(function string) bool
	Kill(function, when string)
}

// pending is an intervention with what is left of it.
type pending struct {
	Intervention
	until time.Time // of For, once it began
	used  bool
}

// Add adds an intervention. It is an error if the lab has no such function.
func (s *Interventions) Add(i Intervention) error {
	if i.Function != "" && !s.functions.Exists(i.Function) {
		return fmt.Errorf("intervene %s: function %s not found", i.moment(), i.Function)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i.Times = max(i.Times, 1)
	s.left = append(s.left, &pending{Intervention: i})
	return nil
}

// Unused names the moments of the interventions that never happened, because there was no such call.
func (s *Interventions) Unused() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, p := range s.left {
		if !p.used {
			all = append(all, strings.TrimSpace(p.Function+" "+p.moment().String()))
		}
	}
	return append(all, s.stale.unused()...)
}

func (i Intervention) moment() Moment {
	return Moment{i.Function, cmp.Or(i.Before, i.After), i.After != ""}
}

// ErrKilled says that the function that makes the call was killed.
var ErrKilled = errors.New("the function was killed")

// At carries out the intervention of a moment, and gives the error to answer the call with: ErrKilled, or an error as
// AWS gives it.
func (s *Interventions) At(ctx context.Context, m Moment) error {
	i, ok := s.take(m)
	if !ok {
		return nil
	}
	if i.Call != nil {
		s.lab.Story.Tell(story.KindProblem, i.Call.Account, i.Call.Region, "meanwhile: %s:%s", i.Call.Service,
			i.Call.API)
		if _, err := s.call(ctx, *i.Call); err != nil {
			return err
		}
	}
	if i.StaleCall != "" {
		s.stale.begin(i.StaleCall, i.StaleTimes)
	}
	if i.Kill {
		s.functions.Kill(m.Function, m.String())
		return ErrKilled
	}
	if i.ErrorCode != "" {
		return &python.APIError{Code: i.ErrorCode, Message: i.ErrorMessage, Operation: m.API}
	}
	return nil
}

func (s *Interventions) take(m Moment) (Intervention, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for _, p := range s.left {
		if p.moment() == m && p.use(now) {
			return p.Intervention, true
		}
	}
	return Intervention{}, false
}

// use takes one use of what is left. It gives false when none is left.
func (p *pending) use(now time.Time) bool {
	p.used = true
	if p.For > 0 {
		if p.until.IsZero() {
			p.until = now.Add(p.For)
		}
		return now.Before(p.until)
	}
	p.Times--
	return p.Times >= 0
}
