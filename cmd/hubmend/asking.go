package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/spf13/cobra"

	"hubmend/internal/engine/ledger"
	"hubmend/internal/engine/naming"
	"hubmend/internal/engine/queue"
	"hubmend/internal/ops/request"
)

// asking is a person at a terminal who wants something from the functions: undo and remediate.
type asking struct {
	cfg    aws.Config
	person request.Person
	queue  queue.Sender
	ledger *ledger.DynamoDB
}

// ask opens all that is needed to ask for something. Nothing is sent yet.
func ask(ctx context.Context) (asking, error) {
	cfg, err := awsConfig(ctx)
	if err != nil {
		return asking{}, err
	}
	return askWith(ctx, cfg)
}

// askWith is ask with a configuration that is known.
func askWith(ctx context.Context, cfg aws.Config) (asking, error) {
	person, err := request.Who(ctx, sts.NewFromConfig(cfg))
	if err != nil {
		return asking{}, awsError(cfg.Region, err)
	}
	q, err := request.FindingsQueue(ctx, sqs.NewFromConfig(cfg))
	if errors.Is(err, request.ErrNoDeployment) {
		return asking{}, notDeployed(ctx, cfg, err, person.Account)
	}
	if err != nil {
		return asking{}, awsError(cfg.Region, err)
	}
	return asking{cfg, person, q,
		&ledger.DynamoDB{Client: dynamodb.NewFromConfig(cfg), Table: naming.LedgerTable, Now: time.Now}}, nil
}

// notDeployed explains that Hubmend is missing in an account, and names the account that the person may have meant:
// Security Hub knows its administrator.
func notDeployed(ctx context.Context, cfg aws.Config, missing error, account string) error {
	meant := "the administrator's account"
	out, err := securityhub.NewFromConfig(cfg).GetAdministratorAccount(ctx,
		&securityhub.GetAdministratorAccountInput{}, func(o *securityhub.Options) { o.RetryMaxAttempts = 1 })
	if err == nil && out.Administrator != nil {
		meant += " (" + oneLine(aws.ToString(out.Administrator.AccountId)) + ")"
	}
	return fmt.Errorf("Hubmend is not deployed in account %s, %s: %w; use credentials of %s in the home Region, or deploy "+
		"hubmend-admin%s", account, cfg.Region, missing, meant, meantRegion(cfg.Region))
}

// following is how a command waits for what it asked for.
type following struct {
	noWait  bool
	timeout time.Duration
	asJSON  bool
}

func (f *following) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.noWait, "no-wait", false, "do not wait for the end")
	cmd.Flags().DurationVar(&f.timeout, "timeout", 20*time.Minute, "how long to wait for the end")
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print JSON")
}

// every is how often the ledger is asked.
const every = time.Second

// check refuses a time that nobody can wait.
func (f following) check() error {
	if f.timeout <= 0 {
		return fmt.Errorf("--timeout %s is no time to wait; --no-wait does not wait", f.timeout)
	}
	return nil
}

// deadline begins the time that a command waits, for all that it asked for together.
func (f following) deadline(cmd *cobra.Command) (context.Context, context.CancelFunc) {
	return context.WithTimeout(cmd.Context(), f.timeout)
}

// follow tells how something goes, until it is over or the context is done; it looks once at least. What does
// not end in time is told and is the answer no; its error says that it was interrupted. A failure is left to
// who asked, so that it is told once.
func (f following) follow(ctx context.Context, cmd *cobra.Command, a asking, what, key string,
	look func(context.Context) (request.Progress, error)) (request.Progress, error) {
	out := cmd.OutOrStdout()
	if f.asJSON {
		out = io.Discard
	}
	t := teller{out: out, what: what, begin: time.Now()}
	p, err := request.Follow(ctx, every, func(context.Context) (request.Progress, error) { return look(cmd.Context()) },
		t.tell)
	switch {
	case err == nil:
	case cmd.Context().Err() != nil:
		return p, fmt.Errorf("interrupted; %s goes on without you, and %s tells how", what, historyOf(key))
	case errors.Is(err, context.DeadlineExceeded):
		fmt.Fprintf(cmd.ErrOrStderr(), "hubmend: %s was not over within %s (%s); it goes on, and %s tells how\n", what,
			f.timeout, oneLine(p.String()), historyOf(key))
	default:
		fmt.Fprintf(cmd.ErrOrStderr(), "hubmend: nobody knows how it went, look with %s: %v\n", historyOf(key),
			ledgerError(a.cfg.Region, err))
	}
	return p, nil
}

// historyOf names what tells more about targets.
func historyOf(keys ...string) string {
	return "`hubmend history " + strings.Join(keys, "`, `hubmend history ") + "`"
}

// teller prints a status when it is new, or when nothing was heard for a while, and no failure.
type teller struct {
	out    io.Writer
	what   string
	begin  time.Time
	told   string
	toldAt time.Time
}

func (t *teller) tell(p request.Progress) {
	if p.Over() && !p.Succeeded() || p.String() == t.told && time.Since(t.toldAt) < silence {
		return
	}
	t.told, t.toldAt = p.String(), time.Now()
	fmt.Fprintf(t.out, "%6.1f s  %s: %s\n", time.Since(t.begin).Seconds(), t.what, oneLine(t.told))
}
