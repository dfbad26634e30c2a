// Package lab owns the local stand-in for AWS: one endpoint, backed by moto for the state
// of resources and by this package for what no emulator has (Automation, Security Hub's
// updates and custom actions, EventBridge matching, Service Catalog launch, Lambda).
//
// The synthesized templates are its only wiring: rules, roles, documents, functions,
// queues and parameters are read from them, and what it does not know in them is an
// error. It must not import the CDK, nor any package of the functions.
package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"hubmend/internal/aws/authz"
	"hubmend/internal/aws/partition"
	"hubmend/internal/aws/policy"
	"hubmend/internal/build/templates"
	"hubmend/internal/lab/lambdahost"
	"hubmend/internal/lab/python"
)

// Config says what the lab is to be.
type Config struct {
	// Root is the folder of the go.mod that the functions are built in.
	Root string
	// Assembly is the folder with the kept templates.
	Assembly string
	// Functions gives the programs of the functions. When it is nil, those of Root
	// are compiled when the first is deployed.
	Functions Programs
	// Python is the interpreter that has moto and botocore.
	Python string
	// Accounts are account ids; the first is the Security Hub administrator.
	Accounts []string
	// Outsiders are those of Accounts that are not in the organization. Somebody deployed the
	// member templates there all the same.
	Outsiders []string
	// Regions to deploy members' runbooks to; the first is the home Region.
	Regions []string
	// Admin holds CloudFormation parameters of the admin stack.
	Admin map[string]string
	// Enforce lets sessions of roles do only what the policies of their role allow. Without
	// it they may do everything.
	Enforce bool
	// Faults are what the lab does wrong on purpose.
	Faults Faults
	// Address to listen on, always on loopback. Port 0 takes a free one.
	Address string
	// Backend to use, which no other lab uses at the same time. Start makes one when it is nil.
	Backend *Backend
	// Observe is told what happens, as it happens. It may be nil.
	Observe func(Entry)
	// Log gets the lines that functions and the emulator write. It may be nil.
	Log func(source, line string)
}

// Defaults are the accounts and Regions of a lab that nobody configured.
var Defaults = Config{
	Accounts: []string{"111111111111", "222222222222"}, Regions: []string{"us-east-1"},
	Assembly: templates.Folder, Root: ".", Address: "127.0.0.1:0",
}

// Lab is a running lab. Close it.
type Lab struct {
	config        Config
	admin, home   string
	partition     string
	urlSuffix     string
	organization  string
	endpoint      string
	ctx           context.Context
	cancel        context.CancelFunc
	background    sync.WaitGroup
	server        *http.Server
	backend       *Backend
	assembly      *assembly
	story         *story
	gateway       *gateway
	callers       *callers
	hub           *hub
	events        *eventBridge
	automation    *ssmAutomation
	functions     *functions
	queues        *queues
	buckets       *buckets
	keys          *keys
	notices       *notices
	alarms        *alarms
	interventions *interventions
	silence       silence
	stale         staleReads
	authority     *authority
	inline        inlineSizes
	activity      activity
	stacks        stacks
	catalog       *serviceCatalog
}

// organizationID is that of the lab's only organization.
const organizationID = "o-hubmendlab"

// organizationOf says in which organization an account is. One that the lab does not have is
// in none.
func (l *Lab) organizationOf(account string) (id string, ok bool) {
	if !slices.Contains(l.config.Accounts, account) || slices.Contains(l.config.Outsiders, account) {
		return "", false
	}
	return l.organization, true
}

// Start starts an empty lab; Deploy fills it.
func Start(ctx context.Context, config Config) (*Lab, error) {
	if len(config.Accounts) == 0 || len(config.Regions) == 0 {
		return nil, errors.New("a lab needs an account and a Region")
	}
	in, known := partition.Of(config.Regions[0])
	if !known {
		return nil, fmt.Errorf("%q is not a Region", config.Regions[0])
	}
	for _, region := range config.Regions {
		if p, _ := partition.Of(region); p.Name != in.Name {
			return nil, fmt.Errorf("%s is not in partition %s, as %s is: a lab is in one partition", region, in.Name,
				config.Regions[0])
		}
	}
	assembly, err := openAssembly(config.Assembly)
	if err != nil {
		return nil, err
	}
	if config.Functions == nil {
		config.Functions = func(ctx context.Context, name string) (string,
			error) {
			return Compile(config.Root)(ctx, name)
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	l := &Lab{
		config: config, admin: config.Accounts[0], home: config.Regions[0], partition: in.Name, urlSuffix: in.URLSuffix,
		organization: organizationID,
		ctx:          ctx, cancel: cancel, assembly: assembly, callers: &callers{partition: in.Name},
		story: &story{start: time.Now(), observe: config.Observe},
	}
	l.hub = &hub{lab: l, findings: map[string]map[string]any{}, actions: map[string]map[string]string{},
		disabled: map[string]bool{}}
	l.events = &eventBridge{lab: l, buses: map[busID]*bus{}}
	l.automation = &ssmAutomation{lab: l, documents: map[documentID]*document{}, executions: map[string]*execution{},
		tokens: map[string]string{}, settings: serviceSettings{values: map[place]map[string]setting{}}}
	l.functions = &functions{lab: l, byName: map[functionID]*lambdahost.Function{},
		permissions: map[functionID]map[string]policy.Document{}, attempts: map[functionID]int{}}
	l.queues = &queues{lab: l, policies: map[string]map[string]policy.Document{}, putOff: map[string]putOff{}}
	l.keys = &keys{lab: l, of: map[string]string{}}
	l.buckets = &buckets{lab: l, owners: map[string]string{}}
	l.catalog = &serviceCatalog{lab: l}
	table, err := authz.Embedded()
	if err != nil {
		cancel()
		return nil, err
	}
	l.authority = &authority{lab: l, table: table, policies: map[roleName]permissions{},
		roles: map[roleName][]policy.Named{}, trusted: map[roleName]trustedIDs{},
		decisions: map[string]*authz.Decision{}}
	l.notices, l.alarms, l.interventions = &notices{lab: l}, &alarms{lab: l}, &interventions{lab: l}
	if err := l.start(); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func (l *Lab) start() error {
	var err error
	if l.backend = l.config.Backend; l.backend == nil {
		if l.backend, err = StartBackend(l.ctx, l.config); err != nil {
			return err
		}
	}
	if err := l.backend.reset(l.ctx); err != nil {
		return err
	}
	moto, err := url.Parse(l.backend.moto.URL())
	if err != nil {
		return fmt.Errorf("read the emulator's address: %w", err)
	}
	listener, err := l.backend.listen(l.ctx, l.config.Address)
	if err != nil {
		return err
	}
	// By name, because moto and the SDKs treat an IP address as something else.
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	l.endpoint = "http://localhost:" + port
	l.gateway = newGateway(l, moto)
	l.server = &http.Server{Handler: l.gateway, ReadHeaderTimeout: 10 * time.Second}
	l.background.Add(1)
	go func() {
		defer l.background.Done()
		if err := l.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			l.problem(place{l.admin, l.home}, "serve: %v", err)
		}
	}()
	return nil
}

// Close ends everything that the lab started.
func (l *Lab) Close() error {
	l.cancel()
	l.functions.close()
	if l.server != nil {
		_ = l.server.Close()
	}
	l.background.Wait()
	if l.backend != nil && l.backend != l.config.Backend {
		l.backend.Close()
	}
	return nil
}

// Call is an AWS API call in botocore's spelling.
type Call struct {
	Account, Region string
	Service, API    string
	Input           map[string]any
}

// Call makes an AWS call as the lab's operator in an account. The service "lab" is the
// lab's own.
func (l *Lab) Call(ctx context.Context, c Call) (map[string]any, error) {
	if c.Service == ownService {
		return l.ownCall(ctx, c)
	}
	return l.callAs(ctx, Operator(c.Account), c)
}

func (l *Lab) callAs(ctx context.Context, credentials Credentials, c Call) (map[string]any, error) {
	return l.backend.worker.Call(ctx, python.Call{
		Service: c.Service, API: c.API, Region: c.Region, Endpoint: l.endpoint, Parameters: c.Input,
		Credentials: python.Credentials(credentials),
	})
}

// UseCustomAction does what a person does in the console: select findings and pick a
// custom action, by the id of its group.
func (l *Lab) UseCustomAction(action string, findings []string) error {
	return l.hub.useAction("arn:"+l.partition+":securityhub:"+l.home+":"+l.admin+":action/custom/"+action, findings)
}

// Finding gives a finding as GetFindings does.
func (l *Lab) Finding(id string) (map[string]any, bool) {
	l.hub.mu.Lock()
	defer l.hub.mu.Unlock()
	for _, f := range l.hub.findings {
		if text(f["Id"]) == id {
			return f, true
		}
	}
	return nil, false
}

// Story lists what happened so far.
func (l *Lab) Story() []Entry { return l.story.all() }

// Calls lists the requests that reached the lab, for counting.
func (l *Lab) Calls() []APICall {
	l.gateway.mu.Lock()
	defer l.gateway.mu.Unlock()
	return slices.Clone(l.gateway.calls)
}

// Endpoint is the URL to point AWS clients at.
func (l *Lab) Endpoint() string { return l.endpoint }

// ColdStarts lists how long functions took from their start to their first request for work.
func (l *Lab) ColdStarts() []time.Duration {
	l.functions.mu.Lock()
	defer l.functions.mu.Unlock()
	return slices.Clone(l.functions.cold)
}

// Execution is what a scenario may want to know about an execution.
type Execution struct {
	ID, Document, Account, Region, Status string
	BilledSteps                           int
	Duration                              time.Duration
	Outputs                               map[string][]string `json:"-"` // as GetAutomationExecution gives them
}

// Executions lists the executions in the order of their start.
func (l *Lab) Executions() []Execution {
	s := l.automation
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Execution
	for _, id := range s.order {
		e := s.executions[id]
		all = append(all, Execution{
			ID: id, Document: e.document, Account: e.at.account, Region: e.at.region, Status: string(e.result.Status),
			BilledSteps: len(e.result.Steps), Duration: e.result.End.Sub(e.result.Start), Outputs: e.result.Outputs,
		})
	}
	return all
}

func (l *Lab) queueURL(account, name string) string {
	return l.endpoint + "/" + account + "/" + name
}

func (l *Lab) problem(at place, format string, args ...any) {
	l.story.tell(KindProblem, at.account, at.region, format, args...)
}

func (l *Lab) log(source, line string) { l.config.log(source, line) }

func (c Config) log(source, line string) {
	if c.Log != nil {
		c.Log(source, line)
	}
}

func (l *Lab) sleep(d time.Duration) {
	select {
	case <-l.ctx.Done():
	case <-time.After(d):
	}
}
