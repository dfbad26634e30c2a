package lab

import (
	"fmt"
	"sync"
	"time"
)

// Entry is one thing that happened, for people to read and for scenarios to check.
type Entry struct {
	At      time.Duration `json:"at"` // since the lab started
	Kind    Kind          `json:"kind"`
	Account string        `json:"account,omitempty"`
	Region  string        `json:"region,omitempty"`
	Text    string        `json:"text"`
}

// Kind sorts entries.
type Kind string

// The kinds of entries.
const (
	KindDeploy    Kind = "deploy"
	KindEvent     Kind = "event"
	KindFunction  Kind = "function"
	KindExecution Kind = "execution"
	KindStep      Kind = "step"
	KindFinding   Kind = "finding"
	KindNotice    Kind = "notification"
	KindFault     Kind = "fault"  // that somebody asked for
	KindDenied    Kind = "denied" // by the policies of a role
	KindProblem   Kind = "problem"
)

// story collects entries in the order in which they happened.
type story struct {
	start   time.Time
	observe func(Entry)

	mu      sync.Mutex
	entries []Entry
}

func (s *story) tell(kind Kind, account, region, format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := Entry{At: time.Since(s.start), Kind: kind, Account: account, Region: region, Text: fmt.Sprintf(format, args...)}
	s.entries = append(s.entries, e)
	if s.observe != nil {
		s.observe(e)
	}
}

func (s *story) all() []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Entry(nil), s.entries...)
}
