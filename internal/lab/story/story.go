// Package story records what happens in a lab, for people to read and for scenarios to check.
package story

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
	// Finding is the state of the finding of the entry; nil for an entry about anything else.
	Finding *FindingState `json:"finding,omitempty"`
}

// FindingState is what customers set in a finding, at one moment.
type FindingState struct {
	ID       string `json:"id"`
	Workflow string `json:"workflow"`
	Note     string `json:"note,omitempty"`
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
	KindFault     Kind = "fault"  // requested by the scenario
	KindDenied    Kind = "denied" // by the policies of a role
	KindProblem   Kind = "problem"
)

// Story collects entries in the order in which they happened.
type Story struct {
	start   time.Time
	observe func(Entry)

	mu      sync.Mutex
	entries []Entry
}

// New begins a story. The observer gets each entry as it is added; it may be nil.
func New(observe func(Entry)) *Story { return &Story{start: time.Now(), observe: observe} }

// Tell adds an entry about an account and a Region.
func (s *Story) Tell(kind Kind, account, region, format string, args ...any) {
	s.Add(Entry{Kind: kind, Account: account, Region: region, Text: fmt.Sprintf(format, args...)})
}

// Add adds an entry, at the present time.
func (s *Story) Add(e Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.At = time.Since(s.start)
	s.entries = append(s.entries, e)
	if s.observe != nil {
		s.observe(e)
	}
}

// All lists the entries so far.
func (s *Story) All() []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Entry(nil), s.entries...)
}
