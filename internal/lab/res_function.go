package lab

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"hubmend/internal/aws/policy"
)

func (f *functions) createFunction(ctx context.Context, s *stack, p properties) (created, error) {
	name := p.textOr("FunctionName", s.physicalID(p.logicalID))
	if f.has(functionID{s.at, name}) {
		return created{}, refuse("ResourceConflictException", "Function already exist: %s", name)
	}
	return f.putFunction(ctx, s, name, p)
}

func (f *functions) updateFunction(ctx context.Context, s *stack, was deployed, p properties) (created, error) {
	return f.putFunction(ctx, s, was.ref, p)
}

func (f *functions) putFunction(ctx context.Context, s *stack, name string, p properties) (created, error) {
	program, err := f.programs.code(ctx, s.at, p.sub("Code").text("S3Bucket"), p.sub("Code").text("S3Key"))
	if err != nil {
		return created{}, err
	}
	spec := functionSpec{name: name, role: p.text("Role"), program: program, env: map[string]string{},
		timeout: 3 * time.Second, memory: 128}
	spec.logGroup = p.sub("LoggingConfig").textOr("LogGroup", "/aws/lambda/"+spec.name)
	for name, value := range p.sub("Environment").sub("Variables").all {
		spec.env[name] = fmt.Sprint(value)
	}
	if t, err := strconv.Atoi(p.text("Timeout")); err == nil {
		spec.timeout = time.Duration(t) * time.Second
	}
	if format := p.sub("LoggingConfig").text("LogFormat"); format != "" {
		spec.env["AWS_LAMBDA_LOG_FORMAT"] = format
	}
	if m, err := strconv.Atoi(p.text("MemorySize")); err == nil {
		spec.memory = m
	}
	arn, err := f.create(s.at, spec)
	if err != nil {
		return created{}, err
	}
	return created{spec.name, map[string]any{"Arn": arn}}, nil
}

func (f *functions) deleteFunction(_ context.Context, s *stack, was deployed) error {
	f.remove(functionID{s.at, was.ref})
	return nil
}

// createPermission keeps the statement that Lambda adds to the policy of a function.
func (f *functions) createPermission(_ context.Context, s *stack, p properties) (created, error) {
	name := lastPart(p.text("FunctionName"), ":")
	statement := map[string]any{
		"Effect": "Allow", "Principal": map[string]any{"Service": p.text("Principal")},
		"Action": p.text("Action"), "Resource": s.arn("lambda", "function:"+name),
	}
	if source := p.text("SourceArn"); source != "" {
		statement["Condition"] = map[string]any{"ArnLike": map[string]any{"aws:SourceArn": source}}
	}
	d, err := policy.Parse(map[string]any{"Statement": []any{statement}})
	if err != nil {
		return created{}, err
	}
	id, ref := functionID{s.at, name}, s.physicalID(p.logicalID)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byName[id] == nil {
		return created{}, fmt.Errorf("there is no function %s", name)
	}
	if f.permissions[id] == nil {
		f.permissions[id] = map[string]policy.Document{}
	}
	f.permissions[id][ref] = d
	return created{ref: ref}, nil
}

func (f *functions) deletePermission(_ context.Context, s *stack, was deployed) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, of := range f.permissions {
		delete(of, was.ref)
	}
	return nil
}

func (l *pollers) putMapping(_ context.Context, s *stack, ref string, p properties) (created, error) {
	arn := p.text("EventSourceArn")
	queue := lastPart(arn, ":")
	m := mapping{
		id: ref, at: s.at, queue: queue, queueARN: arn, queueURL: s.lab.queueURL(s.at.account, queue),
		function: lastPart(p.text("FunctionName"), ":"), batchSize: 10,
		itemFailure: strings.Contains(fmt.Sprint(p.list("FunctionResponseTypes")), "ReportBatchItemFailures"),
	}
	if n, err := strconv.Atoi(p.text("BatchSize")); err == nil {
		m.batchSize = n
	}
	if n, err := strconv.Atoi(p.text("MaximumBatchingWindowInSeconds")); err == nil {
		m.window = time.Duration(n) * time.Second
	}
	if err := l.functions.mayPoll(functionID{s.at, m.function}, m.queueURL); err != nil {
		return created{}, err
	}
	l.stop(ref)
	l.start(m)
	return created{ref: ref}, nil
}

func (l *pollers) deleteMapping(_ context.Context, s *stack, was deployed) error {
	l.stop(was.ref)
	return nil
}

// putInvokeConfig keeps how often an asynchronous invocation is tried.
func (f *functions) putInvokeConfig(_ context.Context, s *stack, ref string, p properties) (created, error) {
	id := functionID{s.at, lastPart(p.text("FunctionName"), ":")}
	retries, err := strconv.Atoi(p.textOr("MaximumRetryAttempts", strconv.Itoa(asyncAttempts-1)))
	if err != nil || retries < 0 || retries >= asyncAttempts {
		return created{}, fmt.Errorf("MaximumRetryAttempts is %s, and Lambda takes 0 to 2",
			p.text("MaximumRetryAttempts"))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byName[id] == nil {
		return created{}, fmt.Errorf("there is no function %s", id.name)
	}
	f.attempts[id] = retries + 1
	return created{ref: ref}, nil
}

func (f *functions) deleteInvokeConfig(_ context.Context, s *stack, was deployed) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.attempts, functionID{s.at, lastPart(was.was().text("FunctionName"), ":")})
	return nil
}
