package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"hubmend/internal/aws/awsclient"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/executions"
	"hubmend/internal/engine/target"
)

// answers of STS and Systems Manager, by the operation in the header of the latter.
var answers = map[string]string{
	"": `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>K</AccessKeyId>` +
		`<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2126-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
	"AmazonSSM.StartAutomationExecution": `{"AutomationExecutionId":"e"}`,
	"AmazonSSM.GetAutomationExecution":   `{"AutomationExecution":{"AutomationExecutionId":"e","AutomationExecutionStatus":"Success"}}`,
}

const connectingRepairs = 300

// connections counts what the calls of repairs into member accounts cost beside their answers, by
// TLS, in ten accounts. The CPU is that of both sides.
func connections(ctx context.Context) ([]measurement, error) {
	var opened atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, answers[r.Header.Get("X-Amz-Target")])
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened.Add(1)
		}
	}
	server.StartTLS()
	defer server.Close()
	accounts := &executions.Accounts{Partition: "aws",
		Regions: &executions.Regions{Limit: executions.Limit, Rest: executions.Rest, Now: time.Now}, Config: aws.Config{
			Region: "eu-west-1", BaseEndpoint: &server.URL,
			Credentials: credentials.NewStaticCredentialsProvider("K", "s", ""),
			HTTPClient:  awsclient.Trusting(server.Certificate()),
		}}
	begin := cpu()
	for n := range connectingRepairs {
		t := target.Target{Account: fmt.Sprintf("2222222222%02d", n%10), Region: "eu-west-1", Runbook: "R",
			Resource: fmt.Sprint("sg-", n)}
		if _, err := accounts.Start(ctx, t, decide.Attempt{Number: 1}); err != nil {
			return nil, err
		}
		if _, err := accounts.Outcome(ctx, t.Account, t.Region, "e"); err != nil {
			return nil, err
		}
	}
	return []measurement{
		{What: "new connections to members per repair", Value: float64(opened.Load()) / connectingRepairs, AtMost: 0.5},
		{What: "CPU of the calls to members per repair, both sides",
			Value: (cpu() - begin).Seconds() * 1000 / connectingRepairs, Unit: "ms"},
	}, nil
}

// cpu is what this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // which cannot fail for it
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
