// Package world holds what the services of one lab share: its accounts and Regions, its Python processes, its story,
// and the way to make calls. It knows no service.
package world

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/python"
	"hubmend/internal/lab/story"
)

// World is what the services of one lab share.
type World struct {
	Partition, URLSuffix string
	Admin, Home          string // the Security Hub administrator and its Region
	Organization         string
	Accounts, Regions    []string
	Outsiders            []string      // accounts outside the organization
	OUs                  map[string]OU // of the organization, by id, below its root
	Enforce              bool          // roles can do only what their policies allow
	Faults               Faults
	V2                   V2
	Endpoint             string
	Context              context.Context // ends with the lab
	Background           sync.WaitGroup
	Activity             activity
	Story                *story.Story
	Callers              *apicall.Callers
	Backend              *Backend
	Lines                func(source, line string) // takes what functions and the emulator write; may be nil
}

// OU is an organizational unit.
type OU struct {
	Accounts []string      `json:"accounts"`
	OUs      map[string]OU `json:"ous"` // by id
}

// The organization's root, and its management account, in which nothing else is.
const (
	Root       = "r-lab1"
	Management = "999999999999"
)

// OrganizationOf gives the organization of an account. An account that the lab does not have is in none.
func (w *World) OrganizationOf(account string) (id string, ok bool) {
	if !slices.Contains(w.Accounts, account) || slices.Contains(w.Outsiders, account) {
		return "", false
	}
	return w.Organization, true
}

// Call makes an AWS call as the lab's operator in an account, or as the role of the call.
func (w *World) Call(ctx context.Context, c apicall.Call) (map[string]any, error) {
	if c.As != "" {
		return w.CallAs(ctx, w.Callers.Acting(c.Account, c.As, cmp.Or(c.Session, "lab"), c.Agent), c)
	}
	return w.CallAs(ctx, apicall.Operator(c.Account), c)
}

// CallAs makes an AWS call with the credentials of a session.
func (w *World) CallAs(ctx context.Context, credentials apicall.Credentials, c apicall.Call) (map[string]any, error) {
	return w.Backend.Worker.Call(ctx, python.Call{
		Service: c.Service, API: c.API, Region: c.Region, Endpoint: w.Endpoint, Parameters: c.Input,
		Credentials: python.Credentials(credentials),
	})
}

// QueueURL gives the URL of a queue.
func (w *World) QueueURL(account, name string) string {
	return w.Endpoint + "/" + account + "/" + name
}

// Problem adds a problem to the story.
func (w *World) Problem(at apicall.Place, format string, args ...any) {
	w.Story.Tell(story.KindProblem, at.Account, at.Region, format, args...)
}

// Log takes a line that a function or the emulator wrote.
func (w *World) Log(source, line string) {
	if w.Lines != nil {
		w.Lines(source, line)
	}
}

// Sleep waits, but not beyond the end of the lab.
func (w *World) Sleep(d time.Duration) {
	select {
	case <-w.Context.Done():
	case <-time.After(d):
	}
}
