// Package function builds what the Lambda functions share: clients from the
// environment that the templates give them.
package function

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"hubmend/internal/aws/awsclient"
	"hubmend/internal/engine/announce"
	"hubmend/internal/engine/apply"
	"hubmend/internal/engine/deadline"
	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/executions"
	"hubmend/internal/engine/facts"
	"hubmend/internal/engine/killswitch"
	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/notify"
	"hubmend/internal/engine/prepared"
	"hubmend/internal/engine/queue"
	"hubmend/internal/engine/securityhub"
)

// Environment is the configuration of a function.
type Environment struct {
	Config   aws.Config
	Settings decide.Settings
}

// Load reads the AWS configuration and the settings, and demands the named environment
// variables. Its error names all that are missing or wrong.
func Load(ctx context.Context, variables ...string) (Environment, error) {
	cfg, err := awsclient.Load(ctx)
	errs := []error{err, naming.Check()}
	for _, name := range variables {
		if os.Getenv(name) == "" {
			errs = append(errs, fmt.Errorf("the environment variable %s is not set", name))
		}
	}
	s, err := settings(os.Getenv)
	return Environment{cfg, s}, errors.Join(append(errs, err)...)
}

// settings are the design's, but for what the environment says otherwise.
func settings(getenv func(string) string) (decide.Settings, error) {
	s := decide.Defaults
	var errs []error
	read := func(name string, least int, set func(int)) {
		text := getenv(name)
		if text == "" {
			return
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < least {
			errs = append(errs, fmt.Errorf("the environment variable %s is %q, not a number from %d up", name, text,
				least))
			return
		}
		set(n)
	}
	read(naming.EnvMaxAttempts, 1, func(n int) { s.MaxAttempts = n })
	read(naming.EnvWindowHours, 1, func(n int) { s.Window = time.Duration(n) * time.Hour })
	read(naming.EnvBreakerFailures, 1, func(n int) { s.BreakerFailures = n })
	read(naming.EnvBreakerMinutes, 1, func(n int) { s.BreakerWindow = time.Duration(n) * time.Minute })
	read(naming.EnvConfirmEveryMinutes, 0, func(n int) { s.ConfirmEvery = time.Duration(n) * time.Minute })
	read(naming.EnvEvidenceLagMinutes, 0, func(n int) { s.EvidenceLag = time.Duration(n) * time.Minute })
	return s, errors.Join(errs...)
}

// Announcer puts events on the bus that the environment names.
func (e Environment) Announcer() *announce.Announcer {
	return &announce.Announcer{
		Client: eventbridge.NewFromConfig(e.Config), Bus: os.Getenv(naming.EnvEventBus), Home: e.Config.Region,
		Control: prepared.Embedded().ByID, Now: time.Now, Log: lambdacontext.NewLogger(),
	}
}

// Effects carry decisions out with the resources that the environment names.
func (e Environment) Effects(announcer *announce.Announcer, findings apply.Findings) apply.Effects {
	log := lambdacontext.NewLogger()
	writer := notify.Writer{Home: e.Config.Region, Settings: e.Settings, Control: prepared.Embedded().ByID,
		Now: time.Now}
	table := e.Ledger()
	return apply.Effects{
		Ledger:   table,
		Digests:  table,
		Now:      time.Now,
		Findings: findings,
		Notifier: &notify.Topic{Client: sns.NewFromConfig(e.Config), ARN: os.Getenv(naming.EnvTopicARN),
			Writer: writer},
		Announcer: announcer,
		Settings:  e.Settings,
		Log:       log,
	}
}

// Findings are those of Security Hub.
func (e Environment) Findings() *securityhub.Findings {
	return securityhub.New(e.Config, lambdacontext.NewLogger())
}

// Ledger is the table that the environment names.
func (e Environment) Ledger() *ledger.DynamoDB {
	return &ledger.DynamoDB{
		Client: dynamodb.NewFromConfig(e.Config), Table: os.Getenv(naming.EnvLedgerTable), Now: time.Now,
		DueAt: func(rec decide.Record) time.Time { return rec.Due(e.Settings) },
	}
}

// Accounts reach into member accounts.
func (e Environment) Accounts() *executions.Accounts {
	return &executions.Accounts{
		Config: e.Config, Partition: os.Getenv(naming.EnvPartition),
		Regions: &executions.Regions{Limit: executions.Limit, Rest: executions.Rest, Now: time.Now},
		Changes: prepared.Embedded().Changes,
	}
}

// Facts reads what policies ask about, under the sessions of accounts.
func (e Environment) Facts(accounts *executions.Accounts) *facts.Reader {
	return facts.New(accounts, time.Now)
}

// Switch is the administrator's.
func (e Environment) Switch() *killswitch.Switch {
	return &killswitch.Switch{Client: ssm.NewFromConfig(e.Config), Name: os.Getenv(naming.EnvSwitch), Now: time.Now}
}

// Queue is the queue that a variable names.
func (e Environment) Queue(variable string) queue.Sender {
	return queue.Sender{Client: sqs.NewFromConfig(e.Config), URL: os.Getenv(variable)}
}

// Work calls a handler with a context that ends before the function's, so that the handler can give
// back what it has not done, and then puts the events of what it has.
func Work(ctx context.Context, announcer *announce.Announcer, handle func(context.Context)) {
	telling, stop := deadline.Before(ctx, (deadline.Reserve-deadline.Grace)/2)
	defer stop()
	defer announcer.Flush(telling)
	work, stop := deadline.Before(ctx, deadline.Reserve)
	defer stop()
	handle(work)
}

// Sleep waits, but not longer than the function may still run.
func Sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// Together does n things at the same time and waits for all of them.
func Together(ctx context.Context, n int, do func(ctx context.Context, i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { do(ctx, i) })
	}
	all.Wait()
}
