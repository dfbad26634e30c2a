package function_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/executions"
	"hubmend/internal/engine/function"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/target"
)

const (
	assumed = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>K</AccessKeyId>` +
		`<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2126-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`
	started = `{"AutomationExecutionId":"exec-1"}`
	ended   = `{"AutomationExecution":{"AutomationExecutionId":"exec-1","AutomationExecutionStatus":"Success"}}`
)

// endpoint answers STS and Systems Manager, and counts who connects. It speaks no
// TLS, because only the number of connections matters.
func endpoint(t *testing.T) (address string, connections *atomic.Int64) {
	t.Helper()
	connections = &atomic.Int64{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		answer := map[string]string{"AmazonSSM.StartAutomationExecution": started,
			"AmazonSSM.GetAutomationExecution": ended, "": assumed}[r.Header.Get("X-Amz-Target")]
		_, _ = io.WriteString(w, answer)
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	return server.URL, connections
}

// accounts are those of a function whose calls all go to one address.
func accounts(t *testing.T, address string) *executions.Accounts {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "K", "AWS_SECRET_ACCESS_KEY": "s",
		"AWS_CONFIG_FILE": "none", "AWS_SHARED_CREDENTIALS_FILE": "none", naming.EnvPartition: "aws",
	} {
		t.Setenv(name, value)
	}
	env, err := function.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return env.Accounts()
}

func repair(t *testing.T, a *executions.Accounts, n int) {
	t.Helper()
	one := target.Target{Account: fmt.Sprintf("2222222222%02d", n%4), Region: fmt.Sprint("eu-west-", 1+n%3),
		Runbook: "ClosePorts", Resource: fmt.Sprint("sg-", n)}
	if _, err := a.Start(t.Context(), one, decide.Attempt{Number: 1}); err != nil {
		t.Error(err)
	}
	if _, err := a.Outcome(t.Context(), one.Account, one.Region, "exec-1"); err != nil {
		t.Error(err)
	}
}

// A new connection costs a handshake, which takes longer than the call. Repairs one after the
// other share a few, whichever their account and Region, because here all have one address. They may
// need more than one: the SDK may make its next call before a connection is free again.
func TestRepairsShareConnections(t *testing.T) { //nolint:paralleltest // it sets the environment
	address, connections := endpoint(t)
	a := accounts(t, address)
	const repairs = 100
	for n := range repairs {
		repair(t, a, n)
	}
	if got := connections.Load(); got > repairs/2 { // one for each call would be more than twice as many as repairs
		t.Errorf("%d repairs made %d connections", repairs, got)
	}
}

// A batch of repairs that start together leaves its connections open for the next.
func TestBatchesShareConnections(t *testing.T) { //nolint:paralleltest // it sets the environment
	address, connections := endpoint(t)
	a := accounts(t, address)
	const batch = 20
	for n := range 5 {
		var all sync.WaitGroup
		for i := range batch {
			all.Go(func() { repair(t, a, n*batch+i) })
		}
		all.Wait()
	}
	if got := connections.Load(); got > 2*batch {
		t.Errorf("5 batches of %d repairs made %d connections", batch, got)
	}
}
