package faults

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"hubmend/internal/lab/apicall"
)

// staleReads answers reads of runbooks with the state before a write, as eventually consistent services do.
type staleReads struct {
	mu   sync.Mutex
	last map[ReadKey]ReadAnswer
	left map[string]int // by service:Api
}

// ReadKey identifies a read: the same call with the same parameters.
type ReadKey struct{ API, Account, Region, Parameters string }

// ReadAnswer is the answer to a read.
type ReadAnswer struct {
	Response map[string]any
	Err      error
	Held     *apicall.Held // instead of these, for a call of a script
}

// begin makes the next reads of an API stale.
func (s *staleReads) begin(api string, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left == nil {
		s.left = map[string]int{}
	}
	s.left[api] += times
}

// answer gives the answer that a read had last, and true, while it is stale.
func (s *staleReads) answer(read ReadKey) (ReadAnswer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, made := s.last[read]
	if !made || s.left[read.API] == 0 {
		return ReadAnswer{}, false
	}
	s.left[read.API]--
	return before, true
}

func (s *staleReads) remember(read ReadKey, answer ReadAnswer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil {
		s.last = map[ReadKey]ReadAnswer{}
	}
	s.last[read] = answer
}

// unused names the stale reads that were not made.
func (s *staleReads) unused() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, api := range slices.Sorted(maps.Keys(s.left)) {
		if n := s.left[api]; n > 0 {
			all = append(all, fmt.Sprintf("stale %s (%d more)", api, n))
		}
	}
	return all
}

// StaleAnswer gives the answer that a read had last, and true, while it is stale.
func (s *Interventions) StaleAnswer(read ReadKey) (ReadAnswer, bool) { return s.stale.answer(read) }

// Remember keeps the answer to a read, in case the next one is to be stale.
func (s *Interventions) Remember(read ReadKey, answer ReadAnswer) { s.stale.remember(read, answer) }
