package python_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab/python"
)

// aws is a worker whose calls go to one endpoint.
type aws struct {
	*python.Worker
	endpoint string
}

func startWorker(tb testing.TB, endpoint string) aws {
	tb.Helper()
	worker, err := python.StartWorker(tb.Context(), config(tb))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(worker.Close)
	return aws{worker, endpoint}
}

func (a aws) call(ctx context.Context, service, api string, parameters map[string]any) (map[string]any, error) {
	return a.Call(ctx, python.Call{
		Service: service, API: api, Region: "eu-west-1", Endpoint: a.endpoint, Parameters: parameters,
		Credentials: python.Credentials{AccessKeyID: "AKIAEXAMPLE", SecretAccessKey: "secret", SessionToken: "token"},
	})
}

func (a aws) must(tb testing.TB, service, api string, parameters map[string]any) map[string]any {
	tb.Helper()
	result, err := a.call(tb.Context(), service, api, parameters)
	if err != nil {
		tb.Fatalf("%s %s: %v", service, api, err)
	}
	return result
}

func TestWorkerAgainstMoto(t *testing.T) {
	t.Parallel()
	worker := startWorker(t, startMoto(t).URL())

	t.Run("both spellings of an API", func(t *testing.T) {
		t.Parallel()
		created := worker.must(t, "ec2", "create_security_group",
			map[string]any{"GroupName": "web", "Description": "a web server"})
		id := created["GroupId"]
		described := worker.must(t, "ec2", "DescribeSecurityGroups", map[string]any{"GroupIds": []any{id}})
		groups := described["SecurityGroups"].([]any)
		if got := groups[0].(map[string]any)["GroupName"]; got != "web" {
			t.Errorf("group is called %v", got)
		}
		if _, ok := described["ResponseMetadata"]; ok {
			t.Error("result has ResponseMetadata")
		}
	})
	t.Run("error of the service", func(t *testing.T) {
		t.Parallel()
		_, err := worker.call(t.Context(), "iam", "GetUser", map[string]any{"UserName": "nobody"})
		var refused *python.APIError
		if !errors.As(err, &refused) {
			t.Fatalf("got %v", err)
		}
		want := &python.APIError{
			Code: "NoSuchEntity", Operation: "GetUser", HTTPStatus: http.StatusNotFound,
			Message: "The user with name nobody cannot be found.",
		}
		if diff := cmp.Diff(want, refused); diff != "" {
			t.Error(diff)
		}
		if got := refused.ErrorFault(); got != smithy.FaultClient {
			t.Errorf("fault is %v", got)
		}
	})
	t.Run("bytes are base64 and buckets are in the path", func(t *testing.T) {
		t.Parallel()
		worker.must(t, "s3", "CreateBucket", map[string]any{
			"Bucket": "trail", "CreateBucketConfiguration": map[string]any{"LocationConstraint": "eu-west-1"},
		})
		worker.must(t, "s3", "PutObject", map[string]any{"Bucket": "trail", "Key": "a/b", "Body": "hello"})
		object := worker.must(t, "s3", "GetObject", map[string]any{"Bucket": "trail", "Key": "a/b"})
		if got, want := object["Body"], base64.StdEncoding.EncodeToString([]byte("hello")); got != want {
			t.Errorf("body is %v, want %v", got, want)
		}
		bytes := base64.StdEncoding.EncodeToString([]byte{0, 0xff})
		worker.must(t, "s3", "PutObject",
			map[string]any{"Bucket": "trail", "Key": "a/b", "Body": map[string]any{"$base64": bytes}})
		object = worker.must(t, "s3", "GetObject", map[string]any{"Bucket": "trail", "Key": "a/b"})
		if got := object["Body"]; got != bytes {
			t.Errorf("body is %v, want %v", got, bytes)
		}
	})
	t.Run("times are UTC", func(t *testing.T) {
		t.Parallel()
		created := worker.must(t, "iam", "CreateUser", map[string]any{"UserName": "alice"})
		text := created["User"].(map[string]any)["CreateDate"].(string)
		date, err := time.Parse(time.RFC3339, text)
		if err != nil || !strings.HasSuffix(text, "+00:00") || time.Since(date).Abs() > time.Hour {
			t.Errorf("CreateDate is %q: %v", text, err)
		}
	})
	t.Run("calls at the same time", func(t *testing.T) {
		t.Parallel()
		var group sync.WaitGroup
		for i := range 40 {
			group.Go(func() {
				name := fmt.Sprintf("queue-%d", i)
				created, err := worker.call(t.Context(), "sqs", "CreateQueue", map[string]any{"QueueName": name})
				if err != nil {
					t.Error(err)
					return
				}
				if got, _ := created["QueueUrl"].(string); !strings.HasSuffix(got, "/"+name) {
					t.Errorf("asked for %s, got %s", name, got)
				}
			})
		}
		group.Wait()
	})
}

// A call that botocore refuses never reaches the network: the endpoint refuses connections.
func TestWorkerRefusals(t *testing.T) {
	t.Parallel()
	worker := startWorker(t, "http://127.0.0.1:1")
	tests := map[string]struct {
		service, api string
		parameters   map[string]any
		code         string
		message      string
	}{
		"unknown service": {"ec3", "DescribeVpcs", nil, "UnknownServiceError", "Unknown service: 'ec3'"},
		"unknown operation": {"ec2", "DescribeUnicorns", nil, "UnknownOperation",
			"Unknown operation: 'DescribeUnicorns' of service 'ec2'"},
		"attribute of client": {"ec2", "get_paginator", nil, "UnknownOperation", "Unknown operation: 'get_paginator'"},
		"unknown parameter": {"ec2", "DescribeVpcs", map[string]any{"Vpc": "x"}, "ParamValidationError",
			`Unknown parameter in input: "Vpc"`},
		"missing parameter": {"iam", "GetRole", nil, "ParamValidationError",
			`Missing required parameter in input: "RoleName"`},
		"wrong type": {"iam", "GetRole", map[string]any{"RoleName": 1}, "ParamValidationError",
			"Invalid type for parameter RoleName"},
		"nobody listens": {"iam", "GetRole", map[string]any{"RoleName": "r"}, "EndpointConnectionError",
			"Could not connect"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := worker.call(t.Context(), test.service, test.api, test.parameters)
			var refused smithy.APIError
			if !errors.As(err, &refused) {
				t.Fatalf("got %v", err)
			}
			if refused.ErrorCode() != test.code || !strings.Contains(refused.ErrorMessage(), test.message) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// Without an endpoint a call goes to AWS, and by the proxy that the worker is given.
func TestWorkerFindsAWSByAProxy(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 10)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Method + " " + r.Host
		w.WriteHeader(http.StatusForbidden)
	}))
	defer proxy.Close()
	cfg := config(t)
	cfg.Env = []string{"NO_PROXY=", "HTTPS_PROXY=" + proxy.URL}
	worker, err := python.StartWorker(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(worker.Close)
	if _, err := (aws{worker, ""}).call(t.Context(), "ec2", "DescribeVpcs", nil); err == nil {
		t.Error("the proxy let it through")
	}
	if got := <-asked; got != "CONNECT ec2.eu-west-1.amazonaws.com:443" {
		t.Errorf("the proxy is asked for %s", got)
	}
}

// A client of S3 Control puts the account before the name of the host, also when that is the lab's.
func TestWorkerReachesHostsOfAccounts(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "<Error><Code>Heard</Code><Message>"+r.Host+"</Message></Error>", http.StatusBadRequest)
	}))
	t.Cleanup(server.Close)
	for _, endpoint := range []string{server.URL, strings.Replace(server.URL, "127.0.0.1", "localhost", 1)} {
		worker := startWorker(t, endpoint)
		_, err := worker.call(t.Context(), "s3control", "GetPublicAccessBlock",
			map[string]any{"AccountId": "222222222222"})
		var answer *python.APIError
		if want := strings.Replace(endpoint, "http://", "222222222222.", 1); !errors.As(err, &answer) ||
			answer.Message != want {
			t.Errorf("%s hears %v, want %s", endpoint, err, want)
		}
	}
}

func TestWorkerTriesOnce(t *testing.T) {
	t.Parallel()
	requests := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests <- r.URL.Path
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer server.Close()
	worker := startWorker(t, server.URL)
	_, err := worker.call(t.Context(), "s3", "GetBucketAcl", map[string]any{"Bucket": "trail"})
	var refused *python.APIError
	if !errors.As(err, &refused) || refused.ErrorFault() != smithy.FaultServer {
		t.Errorf("got %v", err)
	}
	if got := len(requests); got != 1 {
		t.Fatalf("%d requests, want 1", got)
	}
	if got := <-requests; got != "/trail" {
		t.Errorf("path is %s, want the bucket in it", got)
	}
}

// The endpoint answers nobody until eight calls are there.
func TestWorkerMakesEightCallsAtATime(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var arrived atomic.Int32
	all := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if arrived.Add(1) == 8 {
			close(all)
		}
		select {
		case <-all:
		case <-ctx.Done():
		}
		fmt.Fprint(w, `{"TableNames": []}`)
	}))
	defer server.Close()
	worker := startWorker(t, server.URL)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if _, err := worker.call(ctx, "dynamodb", "ListTables", nil); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func TestWorkerCallEndsWithContextAndWithClose(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}, 2), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-release
	}))
	defer server.Close()
	defer close(release)
	worker := startWorker(t, server.URL)

	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	if _, err := worker.call(ctx, "ec2", "DescribeVpcs", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}

	go func() { <-arrived; worker.Close() }()
	if _, err := worker.call(t.Context(), "ec2", "DescribeVpcs", nil); err == nil ||
		!strings.Contains(err.Error(), "python ended") {
		t.Errorf("got %v, want the end of the process", err)
	}
	worker.Close()
	if _, err := worker.call(t.Context(), "ec2", "DescribeVpcs", nil); err == nil {
		t.Error("a closed worker makes calls")
	}
}

func TestWorkerRefusesParametersThatAreNotJSON(t *testing.T) {
	t.Parallel()
	worker := startWorker(t, "http://127.0.0.1:1")
	if _, err := worker.call(t.Context(), "ec2", "DescribeVpcs", map[string]any{"x": make(chan int)}); err == nil {
		t.Error("it took a channel")
	}
}

func BenchmarkWorkerCall(b *testing.B) {
	worker := startWorker(b, startMoto(b).URL())
	worker.must(b, "ec2", "DescribeVpcs", nil)
	for b.Loop() {
		worker.must(b, "ec2", "DescribeVpcs", nil)
	}
}
