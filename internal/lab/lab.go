// Package lab runs the local stand-in for AWS. It starts the services, each in a package of its own, connects them, and
// deploys Hubmend. moto stores the resources of services that the lab does not have.
//
// The synthesized templates define everything that runs: rules, roles, documents, functions, queues and parameters. A
// resource type or property that the lab does not know is an error. The lab must not import the CDK, nor any package of
// the functions.
package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"hubmend/internal/aws/authz"
	"hubmend/internal/aws/partition"
	"hubmend/internal/build/templates"
	"hubmend/internal/lab/accessanalyzer"
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/artifacts"
	"hubmend/internal/lab/cloudformation"
	"hubmend/internal/lab/cloudtrail"
	"hubmend/internal/lab/cloudwatch"
	"hubmend/internal/lab/config"
	"hubmend/internal/lab/events"
	"hubmend/internal/lab/faults"
	"hubmend/internal/lab/gateway"
	"hubmend/internal/lab/iam"
	"hubmend/internal/lab/kms"
	"hubmend/internal/lab/lambda"
	"hubmend/internal/lab/organizations"
	"hubmend/internal/lab/resources"
	"hubmend/internal/lab/s3"
	"hubmend/internal/lab/securityhub"
	"hubmend/internal/lab/servicecatalog"
	"hubmend/internal/lab/sns"
	"hubmend/internal/lab/sqs"
	"hubmend/internal/lab/ssm"
	"hubmend/internal/lab/story"
	"hubmend/internal/lab/tagging"
	"hubmend/internal/lab/world"
)

// Config configures a lab.
type Config struct {
	// Root is the folder below which the lab writes, and where the functions are built when Functions is nil.
	Root string
	// Assembly is the folder with the kept templates. When it is empty, those in this program are deployed.
	Assembly string
	// Functions gives the programs of the functions. When it is nil, those of Root
	// are compiled when the first is deployed.
	Functions artifacts.Programs
	// Python is the interpreter that has moto and botocore.
	Python string
	// Accounts are account ids; the first is the Security Hub administrator.
	Accounts []string
	// Outsiders are those of Accounts that are not in the organization. The member templates are deployed there too.
	Outsiders []string
	// OUs are those of the organization by id, below its root, with the accounts in them. Other accounts are
	// in the root.
	OUs map[string]world.OU
	// AdminApart leaves out the member templates in the first account, as a roll-out does that reaches other accounts
	// only. They take a third of the time of a deployment.
	AdminApart bool
	// Regions to deploy members' runbooks to; the first is the home Region.
	Regions []string
	// Admin holds CloudFormation parameters of the admin stack.
	Admin map[string]string
	// Enforce enforces the policies of roles. Without it, sessions may do everything.
	Enforce bool
	// Reevaluate is what AWS Config does when it is asked to evaluate a rule again. The deployment asks for that unless
	// it is empty.
	Reevaluate config.Offer
	// Faults are what the lab does wrong on purpose.
	Faults world.Faults
	// V2 is the new Security Hub, which is off by default.
	V2 world.V2
	// Address to listen on, always on loopback. Port 0 takes a free one.
	Address string
	// Backend to use, which no other lab uses at the same time. Start makes one when it is nil.
	Backend *world.Backend
	// Observe gets each entry of the story as it is added. It may be nil.
	Observe func(story.Entry)
	// Log gets the lines that functions and the emulator write. It may be nil.
	Log func(source, line string)
}

// Defaults is the default configuration.
var Defaults = Config{
	Accounts: []string{"111111111111", "222222222222"}, Regions: []string{"us-east-1"},
	Assembly: templates.Folder, Root: ".", Address: "127.0.0.1:0",
}

// Lab is a running lab. Close it.
type Lab struct {
	world    *world.World
	config   Config
	cancel   context.CancelFunc
	server   *http.Server
	assembly *artifacts.Assembly
	gateway  *gateway.Gateway
	services
}

// services are the services of AWS that the lab has.
type services struct {
	interventions *faults.Interventions
	keys          *kms.Keys
	buckets       *s3.Buckets
	trails        *cloudtrail.Trails
	history       *cloudtrail.History
	channels      *config.Channels
	evaluations   *config.Evaluations
	authority     *iam.Authority
	queues        *sqs.Queues
	notices       *sns.Notices
	alarms        *cloudwatch.Alarms
	functions     *lambda.Functions
	pollers       *lambda.Pollers
	events        *events.Bridge
	hub           *securityhub.Hub
	automation    *ssm.Automation
	stacks        *cloudformation.Stacks
	catalog       *servicecatalog.Catalog
	analyzers     *accessanalyzer.Service
	organization  *organizations.Organization
	tags          *tagging.Tags
}

// resourceTypes are the resource types that the services create.
func (s services) resourceTypes() []map[string]cloudformation.ResourceType {
	return []map[string]cloudformation.ResourceType{
		s.stacks.ResourceTypes(), resources.New(s.keys).ResourceTypes(), s.queues.ResourceTypes(),
		s.alarms.ResourceTypes(),
		s.functions.ResourceTypes(), s.pollers.ResourceTypes(), s.events.ResourceTypes(),
		s.automation.ResourceTypes(), s.catalog.ResourceTypes(),
	}
}

// ResourceTypes gives the resource types that the lab can create, each with what the lab does not do with it.
func ResourceTypes() map[string]string {
	all := map[string]string{}
	for _, types := range (services{}).resourceTypes() {
		for name, t := range types {
			all[name] = t.Lacks
		}
	}
	return all
}

// organizationID is that of the lab's only organization.
const organizationID = "o-hubmendlab"

// Start starts an empty lab; Deploy fills it.
func Start(ctx context.Context, config Config) (*Lab, error) {
	in, err := config.partition()
	if err != nil {
		return nil, err
	}
	assembly, err := artifacts.Open(config.Assembly)
	if err != nil {
		return nil, err
	}
	if config.Functions == nil {
		config.Functions = func(ctx context.Context, name string) (string, error) {
			return artifacts.Compile(config.Root)(ctx, name)
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	l := &Lab{config: config, cancel: cancel, assembly: assembly, world: &world.World{
		Partition: in.Name, URLSuffix: in.URLSuffix, Admin: config.Accounts[0], Home: config.Regions[0],
		Organization: organizationID, Accounts: config.Accounts, Regions: config.Regions,
		Outsiders: config.Outsiders, OUs: config.OUs, Enforce: config.Enforce, Faults: config.Faults, V2: config.V2,
		Context: ctx, Lines: config.Log,
		Callers: apicall.NewCallers(in.Name), Story: story.New(config.Observe),
	}}
	if err := l.start(); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// partition gives the partition of the Regions, of which there must be only one.
func (c Config) partition() (partition.Partition, error) {
	if len(c.Accounts) == 0 || len(c.Regions) == 0 {
		return partition.Partition{}, errors.New("a lab needs an account and a Region")
	}
	in, known := partition.Of(c.Regions[0])
	if !known {
		return partition.Partition{}, fmt.Errorf("%q is not a Region", c.Regions[0])
	}
	for _, region := range c.Regions {
		if p, _ := partition.Of(region); p.Name != in.Name {
			return partition.Partition{}, fmt.Errorf("%s is not in partition %s, as %s is: a lab is in one partition",
				region, in.Name, c.Regions[0])
		}
	}
	return in, nil
}

// wire creates the services, each with the others that it needs.
func (l *Lab) wire() error {
	w, s := l.world, &l.services
	code := artifacts.New(w, l.assembly, l.config.Root, l.config.Functions)
	s.keys = kms.New(w)
	s.buckets = s3.New(w)
	var err error
	if s.authority, err = iam.New(w, s.keys, s.buckets.Owner); err != nil {
		return err
	}
	s.buckets.JudgedBy(s.authority)
	s.trails = cloudtrail.New(w, s.buckets, s.keys)
	s.history = cloudtrail.NewHistory(w, s.authority)
	s.channels = config.New(w, s.buckets)
	s.notices = sns.New(w)
	s.queues = sqs.New(w, s.keys)
	s.alarms = cloudwatch.New(w, s.queues)
	s.functions = lambda.New(w, s.authority, s.alarms, code)
	s.interventions = faults.New(w, s.functions, l.Call)
	s.pollers = lambda.NewPollers(w, s.functions, s.queues)
	s.events = events.New(w, s.authority, s.queues, s.functions)
	s.hub = securityhub.New(w, s.events)
	s.evaluations = config.NewEvaluations(w, s.hub, l.config.Reevaluate)
	s.automation = ssm.New(w, s.authority, s.events, s.interventions)
	s.stacks = cloudformation.New(w, code, s.authority, s.functions)
	s.catalog = servicecatalog.New(w, s.stacks, code, s.authority)
	s.analyzers = accessanalyzer.New()
	if s.organization, err = organizations.New(w); err != nil {
		return err
	}
	s.tags = tagging.New(w)
	for _, types := range s.resourceTypes() {
		s.stacks.Register(types)
	}
	l.gateway, err = gateway.New(gateway.Config{
		Lab: w, Authority: s.authority, Forced: s.interventions, Serve: l.route, Trail: s.history,
		Paths: map[string]http.Handler{cloudformation.ResponsePath: &s.stacks.Responses,
			ClickPath: http.HandlerFunc(l.click)},
		Names: map[string]func(method, path string) string{"securityhub": securityhub.API, "lambda": lambda.API},
	})
	return err
}

func (l *Lab) start() error {
	var err error
	if l.world.Backend = l.config.Backend; l.world.Backend == nil {
		if l.world.Backend, err = StartBackend(l.world.Context, l.config); err != nil {
			return err
		}
	}
	if err := l.world.Backend.Reset(l.world.Context); err != nil {
		return err
	}
	if err := l.wire(); err != nil {
		return err
	}
	listener, err := l.world.Backend.Listen(l.world.Context, l.config.Address)
	if err != nil {
		return err
	}
	// By name, because moto and the SDKs treat an IP address as something else.
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	l.world.Endpoint = "http://localhost:" + port
	l.server = &http.Server{Handler: l.gateway, ReadHeaderTimeout: 10 * time.Second}
	l.world.Background.Add(1)
	go func() {
		defer l.world.Background.Done()
		if err := l.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			l.world.Problem(apicall.Place{Account: l.world.Admin, Region: l.world.Home}, "serve: %v", err)
		}
	}()
	return nil
}

// StartBackend starts the Python processes, which labs may share one after the other. Close it after the labs.
func StartBackend(ctx context.Context, config Config) (*world.Backend, error) {
	return world.StartBackend(ctx, config.Python, config.Log)
}

// Close ends everything that the lab started.
func (l *Lab) Close() error {
	l.cancel()
	if l.functions != nil {
		l.functions.Close()
	}
	if l.server != nil {
		_ = l.server.Close()
	}
	l.world.Background.Wait()
	if l.world.Backend != nil && l.world.Backend != l.config.Backend {
		l.world.Backend.Close()
	}
	return nil
}

// Call makes an AWS call as the lab's operator in an account. The service "lab" is the
// lab's own.
func (l *Lab) Call(ctx context.Context, c apicall.Call) (map[string]any, error) {
	if c.Service == ownService {
		return l.ownCall(ctx, c)
	}
	return l.world.Call(ctx, c)
}

// UseCustomAction uses a custom action on findings, as in the console. Its id is that of the control group.
func (l *Lab) UseCustomAction(action string, findings []string) error {
	return l.hub.UseAction(action, findings)
}

// Finding gives a finding as GetFindings does.
func (l *Lab) Finding(id string) (map[string]any, bool) {
	return l.hub.Finding(id)
}

// FindingV2 gives a finding as GetFindingsV2 does, by its finding_info.uid, which is the id in CSPM.
func (l *Lab) FindingV2(id string) (map[string]any, bool) { return l.hub.FindingV2(id) }

// ImportV2 puts a finding in OCSF into the new Security Hub, such as an exposure finding, for which AWS has no API.
func (l *Lab) ImportV2(document map[string]any) error { return l.hub.ImportV2(document) }

// Story lists what happened so far.
func (l *Lab) Story() []story.Entry { return l.world.Story.All() }

// Calls lists the requests that reached the lab, for counting.
func (l *Lab) Calls() []gateway.APICall {
	return l.gateway.Calls()
}

// Endpoint is the URL to point AWS clients at.
func (l *Lab) Endpoint() string { return l.world.Endpoint }

// ColdStarts lists the init durations of functions.
func (l *Lab) ColdStarts() []time.Duration {
	return l.functions.ColdStarts()
}

// Executions lists the executions in the order of their start.
func (l *Lab) Executions() []ssm.Execution { return l.automation.Executions() }

// Notices lists what was published so far.
func (l *Lab) Notices() []sns.Notice { return l.notices.All() }

// PutEvents lists the events of PutEvents so far.
func (l *Lab) PutEvents() []events.PutEvent { return l.events.PutSoFar() }

// Decisions lists the decisions of policies so far.
func (l *Lab) Decisions() []authz.Decision { return l.authority.Decisions() }

// Roles lists the roles that have inline policies.
func (l *Lab) Roles() []authz.Role { return l.authority.Roles() }

// Alarms gives the names of the alarms that are in ALARM, sorted. An alarm on what functions count is in ALARM once it
// ever was, one on the visible messages of a queue while it is. No other alarm ever is, and neither is one for which
// missing data is a breach: what AWS does regularly, such as a sweep, the lab does on request.
func (l *Lab) Alarms(ctx context.Context) ([]string, error) { return l.alarms.Raised(ctx) }

// FireSchedule fires a scheduled rule of the administrator's account now, as the service does when its time has come.
func (l *Lab) FireSchedule(name string) error { return l.events.FireSchedule(name) }

// Intervene adds an intervention. It is an error if the lab has no such function.
func (l *Lab) Intervene(i faults.Intervention) error { return l.interventions.Add(i) }

// Unused names the interventions that never happened, because nobody made such a call.
func (l *Lab) Unused() []string { return l.interventions.Unused() }

// Launch launches the latest version of a product by its name, as a user does in the console, and waits for it.
func (l *Lab) Launch(ctx context.Context, name string, parameters map[string]string) error {
	return l.catalog.Launch(ctx, name, parameters)
}

// Products lists the products of the portfolios by name.
func (l *Lab) Products() []string { return l.catalog.Products() }
