package lab

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"hubmend/internal/aws/policy"
	"hubmend/internal/lab/lambdahost"
)

// functions are the Lambda functions that templates made.
type functions struct {
	lab       *world
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
	assume(role, session string, who policy.Request) (Credentials, Caller, error)
	permit(who Caller, region, service, api string, input map[string]any) error
}

// metricReader reads the metrics in the lines that functions write.
type metricReader interface {
	line(at place, text string)
}

// programSource gives the program of a function whose code is an object of S3.
type programSource interface {
	code(ctx context.Context, at place, bucket, key string) (file string, err error)
}

func newFunctions(w *world, authority executionRights, metrics metricReader, programs programSource) *functions {
	return &functions{lab: w, authority: authority, metrics: metrics, programs: programs,
		byName: map[functionID]*lambdahost.Function{}, permissions: map[functionID]map[string]policy.Document{},
		attempts: map[functionID]int{}}
}

type functionID struct {
	place
	name string
}

// functionSpec is an AWS::Lambda::Function with its code resolved.
type functionSpec struct {
	name, role, program, logGroup string // the program is a file
	env                           map[string]string
	timeout                       time.Duration
	memory                        int
}

// create prepares a function and its credentials. It takes the place of one that has
// the name, whose processes end.
func (f *functions) create(at place, spec functionSpec) (arn string, err error) {
	credentials, caller, err := f.authority.assume(spec.role, spec.name,
		policy.Request{Service: "lambda.amazonaws.com", Context: map[string]string{"aws:SourceAccount": at.account}})
	if err != nil {
		return "", fmt.Errorf("the role defined for the function cannot be assumed by Lambda: %w", err)
	}
	f.lab.callers.belongs(credentials, spec.name)
	id := functionID{at, spec.name}
	f.roles.set(id, executionRole{caller, at.region, spec.logGroup})
	arn = "arn:" + f.lab.partition + ":lambda:" + at.region + ":" + at.account + ":function:" + spec.name
	env := map[string]string{
		"AWS_REGION": at.region, "AWS_DEFAULT_REGION": at.region, "AWS_ENDPOINT_URL": f.lab.endpoint,
		"AWS_ACCESS_KEY_ID": credentials.AccessKeyID, "AWS_SECRET_ACCESS_KEY": credentials.SecretAccessKey,
		"AWS_SESSION_TOKEN": credentials.SessionToken,
	}
	for name, value := range spec.env {
		env[name] = value
	}
	host, err := lambdahost.New(lambdahost.Config{
		Name: spec.name, Binary: spec.program, ARN: arn, Timeout: spec.timeout, MemoryMB: spec.memory, Env: env,
		Log: func(line string) {
			f.lab.log(spec.name, line)
			if f.mayLog(id) {
				f.metrics.line(at, line)
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

func (f *functions) has(id functionID) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.byName[id] != nil
}

// remove ends a function, with its permissions.
func (f *functions) remove(id functionID) {
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

// invoke calls a function and gives its payload. A function error is an error.
func (f *functions) invoke(ctx context.Context, at place, name string, payload []byte) ([]byte, error) {
	f.mu.Lock()
	host := f.byName[functionID{at, name}]
	f.mu.Unlock()
	if host == nil {
		return nil, fmt.Errorf("there is no function %s in %s/%s", name, at.account, at.region)
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
	f.lab.story.tell(KindFunction, at.account, at.region, "%s ran %d ms (%s)", name, result.Duration.Milliseconds(),
		temperature)
	if result.FunctionError != "" {
		return nil, fmt.Errorf("function %s: %s: %s", name, result.FunctionError, result.Payload)
	}
	return result.Payload, nil
}

// named lists the places that have a function of this name.
func (f *functions) named(name string) []functionID {
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

// exists says whether any place has a function of this name.
func (f *functions) exists(name string) bool { return len(f.named(name)) > 0 }

// kill ends the processes of a function. Its next invocation is a cold start.
func (f *functions) kill(name, when string) {
	for _, id := range f.named(name) {
		f.lab.story.tell(KindFault, id.account, id.region, "%s is killed %s", name, when)
		f.mu.Lock()
		host := f.byName[id]
		f.mu.Unlock()
		host.Kill()
	}
}

// restart ends the processes of all functions that are idle.
func (f *functions) restart() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, host := range f.byName {
		host.Kill()
	}
}

func (f *functions) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, host := range f.byName {
		host.Close()
	}
}

// environment gives the variables that the template gives a function.
func (f *functions) environment(at place, name string) (map[string]string, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	env, ok := f.env[functionID{at, name}]
	return maps.Clone(env), ok
}

// coldStarts lists how long functions took from their start to their first request for work.
func (f *functions) coldStarts() []time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.cold)
}

// wiring lists what templates made, as type and name.
func (f *functions) wiring() []string {
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
