package lab

import (
	"context"
	"sync"

	"hubmend/internal/lab/python"
)

// Intervention forces what cannot be waited for: something that happens just before a
// runbook makes a call, or an error in place of the call.
type Intervention struct {
	Before string // service:Api of a runbook step
	Times  int    // how often; 0 is once
	Call   *Call  // made first
	// Error is what the call gets instead of an answer.
	ErrorCode, ErrorMessage string
}

type interventions struct {
	lab *Lab

	mu   sync.Mutex
	left []Intervention
}

// Intervene adds an intervention.
func (l *Lab) Intervene(i Intervention) {
	l.interventions.mu.Lock()
	defer l.interventions.mu.Unlock()
	i.Times = max(i.Times, 1)
	l.interventions.left = append(l.interventions.left, i)
}

// before carries out what is to happen before a call, and gives the error to answer it with.
func (s *interventions) before(ctx context.Context, api string) error {
	i, ok := s.take(api)
	if !ok {
		return nil
	}
	if i.Call != nil {
		s.lab.story.tell(KindProblem, i.Call.Account, i.Call.Region, "meanwhile: %s:%s", i.Call.Service, i.Call.API)
		if _, err := s.lab.Call(ctx, *i.Call); err != nil {
			return err
		}
	}
	if i.ErrorCode != "" {
		return &python.APIError{Code: i.ErrorCode, Message: i.ErrorMessage, Operation: api}
	}
	return nil
}

func (s *interventions) take(api string) (Intervention, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := range s.left {
		if i := &s.left[n]; i.Before == api && i.Times > 0 {
			i.Times--
			return *i, true
		}
	}
	return Intervention{}, false
}
