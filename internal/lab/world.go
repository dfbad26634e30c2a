package lab

import (
	"context"
	"slices"
	"sync"
	"time"

	"hubmend/internal/lab/python"
)

// world is what all services of a lab share: where it is, what happens in it, and how it makes calls.
type world struct {
	partition, urlSuffix string
	admin, home          string // the Security Hub administrator and its Region
	organization         string
	accounts, regions    []string
	outsiders            []string // accounts outside the organization
	enforce              bool     // roles can do only what their policies allow
	faults               Faults
	endpoint             string
	ctx                  context.Context // ends with the lab
	background           sync.WaitGroup
	activity             activity
	story                *story
	callers              *callers
	backend              *Backend
	lines                func(source, line string) // takes what functions and the emulator write; may be nil
}

// organizationOf gives the organization of an account. An account that the lab does not have is in none.
func (w *world) organizationOf(account string) (id string, ok bool) {
	if !slices.Contains(w.accounts, account) || slices.Contains(w.outsiders, account) {
		return "", false
	}
	return w.organization, true
}

// call makes an AWS call as the lab's operator in an account.
func (w *world) call(ctx context.Context, c Call) (map[string]any, error) {
	return w.callAs(ctx, Operator(c.Account), c)
}

func (w *world) callAs(ctx context.Context, credentials Credentials, c Call) (map[string]any, error) {
	return w.backend.worker.Call(ctx, python.Call{
		Service: c.Service, API: c.API, Region: c.Region, Endpoint: w.endpoint, Parameters: c.Input,
		Credentials: python.Credentials(credentials),
	})
}

func (w *world) queueURL(account, name string) string {
	return w.endpoint + "/" + account + "/" + name
}

// problem reports in the story what went wrong at a place.
func (w *world) problem(at place, format string, args ...any) {
	w.story.tell(KindProblem, at.account, at.region, format, args...)
}

func (w *world) log(source, line string) {
	if w.lines != nil {
		w.lines(source, line)
	}
}

// sleep waits, but not beyond the end of the lab.
func (w *world) sleep(d time.Duration) {
	select {
	case <-w.ctx.Done():
	case <-time.After(d):
	}
}
