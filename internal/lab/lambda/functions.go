// Package lambda runs functions as local processes and feeds them from queues. It serves the parts of the Lambda API
// that describe both.
package lambda

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"hubmend/internal/aws/policy"
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/lambdahost"
	"hubmend/internal/lab/story"
	"hubmend/internal/lab/world"
)

// Functions are the Lambda functions that templates created.
type Functions struct {
	lab       *world.World
	authority executionRights
	metrics   metricReader
	programs  programSource

	mu          sync.Mutex
	env         map[functionID]map[string]string // variables of the templates
	byName      map[functionID]*lambdahost.Function
	permissions map[functionID]map[string]policy.Document // by the ref of the permission
	// of asynchronous invocations, where an AWS::Lambda::EventInvokeConfig says so
	attempts map[functionID]int
	cold     []time.Duration // init times, for the bench

	roles executionRoles
}

// executionRights opens the sessions of functions and says what they may do.
type executionRights interface {
	Assume(role, session string, who policy.Request) (apicall.Credentials, apicall.Caller, error)
	Permit(who apicall.Caller, region, service, api string, input map[string]any) error
}

// metricReader reads the metrics in the lines that functions write.
type metricReader interface {
	Line(at apicall.Place, text string)
}

// programSource gives the program of a function whose code is an object of S3.
type programSource interface {
	Code(ctx context.Context, at apicall.Place, bucket, key string) (file string, err error)
}

// New gives the functions of a lab that has none yet.
func New(w *world.World, authority executionRights, metrics metricReader, programs programSource) *Functions {
	return &Functions{lab: w, authority: authority, metrics: metrics, programs: programs,
		byName: map[functionID]*lambdahost.Function{}, permissions: map[functionID]map[string]policy.Document{},
		attempts: map[functionID]int{}}
}

type functionID struct {
	apicall.Place
	name string
}

// functionSpec is an AWS::Lambda::Function with its code resolved.
type functionSpec struct {
	name, role, program, logGroup string // the program is a file
	env                           map[string]string
	timeout                       time.Duration
	memory                        int
}

// create prepares a function and its credentials. It replaces a function of the same name, whose processes end.
func (f *Functions) create(at apicall.Place, spec functionSpec) (arn string, err error) {
	credentials, caller, err := f.authority.Assume(spec.role, spec.name,
		policy.Request{Service: "lambda.amazonaws.com", Context: map[string]string{"aws:SourceAccount": at.Account}})
	if err != nil {
		return "", fmt.Errorf("the role defined for the function cannot be assumed by Lambda: %w", err)
	}
	f.lab.Callers.Belongs(credentials, spec.name)
	id := functionID{at, spec.name}
	f.roles.set(id, executionRole{caller, at.Region, spec.logGroup})
	arn = "arn:" + f.lab.Partition + ":lambda:" + at.Region + ":" + at.Account + ":function:" + spec.name
	env := map[string]string{
		"AWS_REGION": at.Region, "AWS_DEFAULT_REGION": at.Region, "AWS_ENDPOINT_URL": f.lab.Endpoint,
		"AWS_ACCESS_KEY_ID": credentials.AccessKeyID, "AWS_SECRET_ACCESS_KEY": credentials.SecretAccessKey,
		"AWS_SESSION_TOKEN": credentials.SessionToken,
	}
	for name, value := range spec.env {
		env[name] = value
	}
	host, err := lambdahost.New(lambdahost.Config{
		Name: spec.name, Binary: spec.program, ARN: arn, Timeout: spec.timeout, MemoryMB: spec.memory, Env: env,
		Log: func(line string) {
			f.lab.Log(spec.name, line)
			if f.mayLog(id) {
				f.metrics.Line(at, line)
			}
		},
	})
	if err != nil {
		return "", err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if old := f.byName[functionID{at, spec.name}]; old != nil {
		old.Close()
	}
	f.byName[functionID{at, spec.name}] = host
	if f.env == nil {
		f.env = map[functionID]map[string]string{}
	}
	f.env[functionID{at, spec.name}] = spec.env
	return arn, nil
}

func (f *Functions) has(id functionID) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.byName[id] != nil
}

// remove ends a function, with its permissions.
func (f *Functions) remove(id functionID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if host := f.byName[id]; host != nil {
		host.Close()
	}
	delete(f.byName, id)
	delete(f.env, id)
	delete(f.permissions, id)
	delete(f.attempts, id)
}

// invoke invokes a function and gives its result. A function error is an error.
func (f *Functions) invoke(ctx context.Context, at apicall.Place, name string, payload []byte) ([]byte, error) {
	f.mu.Lock()
	host := f.byName[functionID{at, name}]
	f.mu.Unlock()
	if host == nil {
		return nil, fmt.Errorf("function %s not found in %s/%s", name, at.Account, at.Region)
	}
	result, err := host.Invoke(ctx, payload)
	if err != nil {
		return nil, err
	}
	f.mayLog(functionID{at, name}) // Lambda's own lines: START, END, REPORT
	temperature := "warm"
	if result.Cold {
		temperature = fmt.Sprintf("cold, init %d ms", result.InitDuration.Milliseconds())
		f.mu.Lock()
		f.cold = append(f.cold, result.InitDuration)
		f.mu.Unlock()
	}
	f.lab.Story.Tell(story.KindFunction, at.Account, at.Region, "%s ran %d ms (%s)", name,
		result.Duration.Milliseconds(),
		temperature)
	if result.FunctionError != "" {
		return nil, fmt.Errorf("function %s: %s: %s", name, result.FunctionError, result.Payload)
	}
	return result.Payload, nil
}

// named lists the functions of this name, in all places.
func (f *Functions) named(name string) []functionID {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []functionID
	for id := range f.byName {
		if id.name == name {
			all = append(all, id)
		}
	}
	return all
}

// Exists reports whether any place has a function of this name.
func (f *Functions) Exists(name string) bool { return len(f.named(name)) > 0 }

// Kill ends the processes of a function. Its next invocation is a cold start.
func (f *Functions) Kill(name, when string) {
	for _, id := range f.named(name) {
		f.lab.Story.Tell(story.KindFault, id.Account, id.Region, "%s is killed %s", name, when)
		f.mu.Lock()
		host := f.byName[id]
		f.mu.Unlock()
		host.Kill()
	}
}

// Restart ends the processes of all functions that are idle.
func (f *Functions) Restart() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, host := range f.byName {
		host.Kill()
	}
}

// Close ends the processes of all functions.
func (f *Functions) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, host := range f.byName {
		host.Close()
	}
}

// Environment gives the environment variables of a function in its template.
func (f *Functions) Environment(at apicall.Place, name string) (map[string]string, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	env, ok := f.env[functionID{at, name}]
	return maps.Clone(env), ok
}

// ColdStarts lists the init durations of functions.
func (f *Functions) ColdStarts() []time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.cold)
}

// Wiring lists what templates created, as type and name.
func (f *Functions) Wiring() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []string
	for id := range f.byName {
		all = append(all, "AWS::Lambda::Function "+id.name)
	}
	for id, permissions := range f.permissions {
		for range permissions {
			all = append(all, "AWS::Lambda::Permission of "+id.name)
		}
	}
	return all
}
