package plan_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"hubmend/internal/aws/authz/reference"
	"hubmend/internal/aws/readonly"
	"hubmend/internal/catalog"
	"hubmend/internal/engine/naming"
	"hubmend/internal/lab/automation"
	"hubmend/internal/lab/python"
	"hubmend/internal/lab/samplefinding"
	"hubmend/internal/lab/scripts"
	"hubmend/internal/ops/plan"
)

type object = map[string]any

const region = "us-east-1"

// emulator is what all worlds of the tests are in, each in an account of its own.
var emulator struct {
	python python.Config
	moto   *python.Moto
	worker *python.Worker
}

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		os.Exit(m.Run())
	}
	os.Exit(func() int {
		interpreter, err := python.Find("../../..")
		if err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			return 1
		}
		emulator.python = python.Config{Python: interpreter}
		ctx := context.Background()
		if emulator.moto, err = python.StartMoto(ctx, emulator.python); err == nil {
			defer emulator.moto.Close()
			emulator.worker, err = python.StartWorker(ctx, emulator.python)
		}
		if err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			return 1
		}
		defer emulator.worker.Close()
		return m.Run()
	}())
}

// world is an account in the emulator. It keeps what a runbook calls.
type world struct {
	*testing.T
	account, endpoint string

	api scripts.Account

	mu    sync.Mutex
	calls []plan.Call
}

var _ automation.API = (*world)(nil)

func newWorld(t *testing.T, account string) *world {
	t.Helper()
	if testing.Short() {
		t.Skip("starts Python")
	}
	target, err := url.Parse(emulator.moto.URL())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, account: account}
	services := http.NewServeMux()
	services.HandleFunc("POST /securityControls/batchGet", noParameters)
	services.Handle("/", &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		w.keepSent(r.Out)
		r.SetURL(target)
		r.Out.Host = r.In.Host
		r.Out.Header.Set("X-Moto-Account-Id", account)
	}})
	gateway := httptest.NewServer(services)
	t.Cleanup(gateway.Close)
	w.endpoint, w.api = gateway.URL, scripts.Account{
		Worker: emulator.worker, Region: region, Endpoint: gateway.URL,
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
	}
	return w
}

// noParameters answers BatchGetSecurityControls, which moto does not have: every control has its default parameters.
func noParameters(answer http.ResponseWriter, _ *http.Request) {
	_, _ = io.WriteString(answer, `{"SecurityControls": [], "UnprocessedIds": []}`)
}

// programKey signs the requests of programs, which do not go through Call.
const programKey = "program"

// programs runs scripts that call AWS.
func (w *world) programs() scripts.Scripts {
	return scripts.Scripts{Python: emulator.python, Access: &python.Access{
		Region: region, Endpoint: w.endpoint,
		Credentials: python.Credentials{AccessKeyID: programKey, SecretAccessKey: "secret"},
	}}
}

// signed finds the service in a signature of a program.
var signed = regexp.MustCompile(`Credential=` + programKey + `/[^/]+/[^/]+/([a-z0-9]+)/`)

// keepSent keeps which calls of programs reached the network.
func (w *world) keepSent(r *http.Request) {
	service := signed.FindStringSubmatch(r.Header.Get("Authorization"))
	if service == nil {
		return
	}
	var body []byte
	if r.Body != nil { // a read of S3 has none
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			w.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	target := r.Header.Get("X-Amz-Target")
	api := target[strings.LastIndex(target, ".")+1:]
	if form, err := url.ParseQuery(string(body)); err == nil && api == "" {
		api = form.Get("Action")
	}
	if routed, known := reference.Route(service[1], r.Method, r.URL.Path, r.URL.Query()); known {
		api = routed.API
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, plan.Call{API: reference.Service(service[1], api) + ":" + api})
}

// Call implements automation.API.
func (w *world) Call(ctx context.Context, service, api string, parameters map[string]any) (map[string]any, error) {
	w.mu.Lock()
	w.calls = append(w.calls, plan.Call{API: service + ":" + api, Input: parameters})
	w.mu.Unlock()
	return w.api.Call(ctx, service, api, parameters)
}

// writes are the calls that reached the emulator and were not known to read only.
func (w *world) writes() []plan.Call {
	writes := []plan.Call{}
	for _, c := range w.calls {
		if service, api, _ := strings.Cut(c.API, ":"); !readonly.Call(service, api) {
			writes = append(writes, c)
		}
	}
	return writes
}

// seed makes a call that prepares the world.
func (w *world) seed(call string, input object) object {
	w.Helper()
	service, api, _ := strings.Cut(call, ":")
	out, err := w.api.Call(w.Context(), service, api, input)
	if err != nil {
		w.Fatalf("%s: %v", call, err)
	}
	return out
}

// backdate makes credentials of an IAM user older.
func (w *world) backdate(input object) {
	w.Helper()
	body, err := json.Marshal(input)
	if err != nil {
		w.Fatal(err)
	}
	r, err := http.NewRequestWithContext(w.Context(), http.MethodPost, w.endpoint+"/lab/backdate-user",
		bytes.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		w.Fatalf("backdate: %s", response.Status)
	}
}

// repair binds a finding of a control about a resource.
func (w *world) repair(control, resource string) plan.Repair {
	w.Helper()
	c, ok := catalog.Embedded().ByID(control)
	if !ok {
		w.Fatalf("there is no control %s", control)
	}
	f, err := samplefinding.Build(samplefinding.Spec{Control: c, Resource: resource, Account: w.account, Region: region,
		ID: "f", Now: time.Now()})
	if err != nil {
		w.Fatal(err)
	}
	raw, err := json.Marshal(f)
	if err != nil {
		w.Fatal(err)
	}
	r, err := plan.ForFinding(catalog.Embedded(), raw)
	if err != nil {
		w.Fatal(err)
	}
	return r
}

func (w *world) planner() plan.Planner {
	return plan.Planner{Catalog: catalog.Embedded(), API: w, Scripts: w.programs(), ExecutionID: executionID}
}

const executionID = "8d1f8c0e-0000-4000-8000-000000000001"

// plan makes a plan, and fails when anything but a read came out of it.
func (w *world) plan(r plan.Repair) plan.Plan {
	w.Helper()
	w.calls = nil
	p, err := w.planner().Make(w.Context(), r)
	if err != nil {
		w.Fatal(err)
	}
	if writes := w.writes(); len(writes) > 0 {
		w.Errorf("the plan made the calls %v", writes)
	}
	return p
}

// run executes the runbook for good and gives the calls that it made to change something.
func (w *world) run(r plan.Repair) (automation.Execution, []plan.Call) {
	w.Helper()
	w.calls = nil
	book, _ := catalog.Embedded().Runbook(r.Target.Runbook)
	parameters := r.Parameters.Input()
	parameters["AutomationAssumeRole"] = []string{naming.RoleARN("aws", w.account,
		naming.RunbookRole(r.Target.Runbook))}
	executor := automation.Executor{Scripts: w.programs()}
	e := executor.Run(w.Context(), automation.Request{
		Document: book.Document, Parameters: parameters, ExecutionID: executionID,
		AccountID: w.account, Region: r.Region, Partition: r.Partition,
	})
	return e, w.writes()
}
