package lambda

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"hubmend/internal/aws/policy"
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/cloudformation"
)

// ResourceTypes are the resource types that this service creates.
func (f *Functions) ResourceTypes() map[string]cloudformation.ResourceType {
	return map[string]cloudformation.ResourceType{
		"AWS::Lambda::Function": {
			Properties: "FunctionName Description Runtime Architectures Handler Code Role Environment Timeout " +
				"MemorySize LoggingConfig KmsKeyArn", Name: "FunctionName",
			Create: f.createFunction, Update: f.updateFunction, Delete: f.deleteFunction,
		},
		"AWS::Lambda::EventInvokeConfig": {
			Properties: "FunctionName Qualifier MaximumRetryAttempts MaximumEventAgeInSeconds",
			Fixed:      "FunctionName Qualifier",
			Create:     cloudformation.Fresh(f.putInvokeConfig), Update: cloudformation.Again(f.putInvokeConfig),
			Delete: f.deleteInvokeConfig,
			Lacks:  "events do not expire",
		},
		"AWS::Lambda::Permission": {
			Properties: "Action FunctionName Principal SourceArn",
			Create:     f.createPermission, Delete: f.deletePermission,
		},
	}
}

// ResourceTypes are the resource types that this service creates.
func (l *Pollers) ResourceTypes() map[string]cloudformation.ResourceType {
	return map[string]cloudformation.ResourceType{
		"AWS::Lambda::EventSourceMapping": {
			Properties: "EventSourceArn FunctionName BatchSize MaximumBatchingWindowInSeconds FunctionResponseTypes " +
				"ScalingConfig", Fixed: "EventSourceArn",
			Create: cloudformation.Fresh(l.putMapping), Update: cloudformation.Again(l.putMapping),
			Delete: l.deleteMapping,
		},
	}
}

func (f *Functions) createFunction(ctx context.Context, s *cloudformation.Stack,
	p cloudformation.Properties) (cloudformation.Created, error) {
	name := p.TextOr("FunctionName", s.PhysicalID(p.LogicalID))
	if f.has(functionID{s.At, name}) {
		return cloudformation.Created{}, apicall.Refuse("ResourceConflictException", "Function already exist: %s", name)
	}
	return f.putFunction(ctx, s, name, p)
}

func (f *Functions) updateFunction(ctx context.Context, s *cloudformation.Stack, was cloudformation.Deployed,
	p cloudformation.Properties) (cloudformation.Created, error) {
	return f.putFunction(ctx, s, was.Ref, p)
}

func (f *Functions) putFunction(ctx context.Context, s *cloudformation.Stack, name string,
	p cloudformation.Properties) (cloudformation.Created, error) {
	program, err := f.programs.Code(ctx, s.At, p.Sub("Code").Text("S3Bucket"), p.Sub("Code").Text("S3Key"))
	if err != nil {
		return cloudformation.Created{}, err
	}
	spec := functionSpec{name: name, role: p.Text("Role"), program: program, env: map[string]string{},
		timeout: 3 * time.Second, memory: 128}
	spec.logGroup = p.Sub("LoggingConfig").TextOr("LogGroup", "/aws/lambda/"+spec.name)
	for name, value := range p.Sub("Environment").Sub("Variables").All {
		spec.env[name] = fmt.Sprint(value)
	}
	if t, err := strconv.Atoi(p.Text("Timeout")); err == nil {
		spec.timeout = time.Duration(t) * time.Second
	}
	if format := p.Sub("LoggingConfig").Text("LogFormat"); format != "" {
		spec.env["AWS_LAMBDA_LOG_FORMAT"] = format
	}
	if m, err := strconv.Atoi(p.Text("MemorySize")); err == nil {
		spec.memory = m
	}
	arn, err := f.create(s.At, spec)
	if err != nil {
		return cloudformation.Created{}, err
	}
	return cloudformation.Created{Ref: spec.name, Attributes: map[string]any{"Arn": arn}}, nil
}

func (f *Functions) deleteFunction(_ context.Context, s *cloudformation.Stack, was cloudformation.Deployed) error {
	f.remove(functionID{s.At, was.Ref})
	return nil
}

// createPermission stores the statement that Lambda adds to the policy of a function.
func (f *Functions) createPermission(_ context.Context, s *cloudformation.Stack,
	p cloudformation.Properties) (cloudformation.Created, error) {
	name := apicall.LastPart(p.Text("FunctionName"), ":")
	statement := map[string]any{
		"Effect": "Allow", "Principal": map[string]any{"Service": p.Text("Principal")},
		"Action": p.Text("Action"), "Resource": s.ARN("lambda", "function:"+name),
	}
	if source := p.Text("SourceArn"); source != "" {
		statement["Condition"] = map[string]any{"ArnLike": map[string]any{"aws:SourceArn": source}}
	}
	d, err := policy.Parse(map[string]any{"Statement": []any{statement}})
	if err != nil {
		return cloudformation.Created{}, err
	}
	id, ref := functionID{s.At, name}, s.PhysicalID(p.LogicalID)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byName[id] == nil {
		return cloudformation.Created{}, fmt.Errorf("function %s not found", name)
	}
	if f.permissions[id] == nil {
		f.permissions[id] = map[string]policy.Document{}
	}
	f.permissions[id][ref] = d
	return cloudformation.Created{Ref: ref}, nil
}

func (f *Functions) deletePermission(_ context.Context, s *cloudformation.Stack, was cloudformation.Deployed) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, of := range f.permissions {
		delete(of, was.Ref)
	}
	return nil
}

func (l *Pollers) putMapping(_ context.Context, s *cloudformation.Stack, ref string,
	p cloudformation.Properties) (cloudformation.Created, error) {
	arn := p.Text("EventSourceArn")
	queue := apicall.LastPart(arn, ":")
	m := mapping{
		id: ref, at: s.At, queue: queue, queueARN: arn, queueURL: s.Lab.QueueURL(s.At.Account, queue),
		function: apicall.LastPart(p.Text("FunctionName"), ":"), batchSize: 10,
		itemFailure: strings.Contains(fmt.Sprint(p.List("FunctionResponseTypes")), "ReportBatchItemFailures"),
	}
	if n, err := strconv.Atoi(p.Text("BatchSize")); err == nil {
		m.batchSize = n
	}
	if n, err := strconv.Atoi(p.Text("MaximumBatchingWindowInSeconds")); err == nil {
		m.window = time.Duration(n) * time.Second
	}
	if err := l.functions.mayPoll(functionID{s.At, m.function}, m.queueURL); err != nil {
		return cloudformation.Created{}, err
	}
	l.stop(ref)
	l.start(m)
	return cloudformation.Created{Ref: ref}, nil
}

func (l *Pollers) deleteMapping(_ context.Context, s *cloudformation.Stack, was cloudformation.Deployed) error {
	l.stop(was.Ref)
	return nil
}

// putInvokeConfig sets the number of attempts of asynchronous invocations.
func (f *Functions) putInvokeConfig(_ context.Context, s *cloudformation.Stack, ref string,
	p cloudformation.Properties) (cloudformation.Created, error) {
	id := functionID{s.At, apicall.LastPart(p.Text("FunctionName"), ":")}
	retries, err := strconv.Atoi(p.TextOr("MaximumRetryAttempts", strconv.Itoa(asyncAttempts-1)))
	if err != nil || retries < 0 || retries >= asyncAttempts {
		return cloudformation.Created{}, fmt.Errorf("MaximumRetryAttempts is %s; it must be 0 to 2",
			p.Text("MaximumRetryAttempts"))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byName[id] == nil {
		return cloudformation.Created{}, fmt.Errorf("function %s not found", id.name)
	}
	f.attempts[id] = retries + 1
	return cloudformation.Created{Ref: ref}, nil
}

func (f *Functions) deleteInvokeConfig(_ context.Context, s *cloudformation.Stack, was cloudformation.Deployed) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.attempts, functionID{s.At, apicall.LastPart(was.Was().Text("FunctionName"), ":")})
	return nil
}
