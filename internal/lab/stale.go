package lab

import (
	"fmt"
	"maps"
	"slices"
	"sync"
)

// staleReads answers reads of runbooks with what they showed before a write, as services do that
// are eventually consistent. The zero value answers none.
type staleReads struct {
	mu   sync.Mutex
	last map[readKey]readAnswer
	left map[string]int // by service:Api
}

type readKey struct{ api, account, region, parameters string }

type readAnswer struct {
	response map[string]any
	err      error
	held     *heldAnswer // instead of these, for a call of a script
}

// begin makes the next reads stale.
func (s *staleReads) begin(api string, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left == nil {
		s.left = map[string]int{}
	}
	s.left[api] += times
}

// answer gives the answer that a read had last, and true, while it is stale.
func (s *staleReads) answer(read readKey) (readAnswer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, made := s.last[read]
	if !made || s.left[read.api] == 0 {
		return readAnswer{}, false
	}
	s.left[read.api]--
	return before, true
}

func (s *staleReads) remember(read readKey, answer readAnswer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil {
		s.last = map[readKey]readAnswer{}
	}
	s.last[read] = answer
}

// unused names the reads that were to be stale and that nobody made.
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
