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
	"hubmend/internal/ops/wording"
)

// asking is what undo and remediate need to send requests.
type asking struct {
	cfg    aws.Config
	person request.Person
	queue  queue.Sender
	ledger *ledger.DynamoDB
}

// ask opens what is needed to send requests. Nothing is sent yet.
func ask(ctx context.Context) (asking, error) {
	cfg, err := awsConfig(ctx)
	if err != nil {
		return asking{}, err
	}
	return askWith(ctx, cfg)
}

// askWith is ask with a configuration.
func askWith(ctx context.Context, cfg aws.Config) (asking, error) {
	person, err := request.Caller(ctx, sts.NewFromConfig(cfg))
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
		meant += " (" + wording.OneLine(aws.ToString(out.Administrator.AccountId)) + ")"
	}
	return fmt.Errorf("Hubmend is not deployed in account %s, %s: %w; use credentials of %s in the home Region, "+
		"or deploy "+
		"hubmend-admin%s", account, cfg.Region, missing, meant, meantRegion(cfg.Region))
}

// following is how a command waits for the outcome.
type following struct {
	noWait  bool
	timeout time.Duration
	asJSON  bool
}

func (f *following) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.noWait, "no-wait", false, "do not wait for the outcome")
	cmd.Flags().DurationVar(&f.timeout, "timeout", 20*time.Minute, "how long to wait for the outcome")
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print JSON")
}

// every is how often the ledger is read.
const every = time.Second

// check refuses a timeout that is none.
func (f following) check() error {
	if f.timeout <= 0 {
		return fmt.Errorf("--timeout must be positive, not %s; to not wait, use --no-wait", f.timeout)
	}
	return nil
}

// deadline starts the timeout, for all requests of a command together.
func (f following) deadline(cmd *cobra.Command) (context.Context, context.CancelFunc) {
	return context.WithTimeout(cmd.Context(), f.timeout)
}

// follow reports the progress of a request until it is over or the context is done. It reads the progress at least
// once. A request that does not end in time is reported, and is no success. The error is that of an interruption. A
// failure is left to the caller, so that it is reported once.
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
		return p, fmt.Errorf("interrupted; %s continues, and %s shows the progress", what, historyOf(key))
	case errors.Is(err, context.DeadlineExceeded):
		fmt.Fprintf(cmd.ErrOrStderr(),
			"hubmend: %s did not end within %s (%s); it continues, and %s shows the progress\n", what,
			f.timeout, wording.OneLine(p.String()), historyOf(key))
	default:
		fmt.Fprintf(cmd.ErrOrStderr(), "hubmend: cannot read the progress; try %s: %v\n", historyOf(key),
			ledgerError(a.cfg.Region, err))
	}
	return p, nil
}

// historyOf names the command that shows more about targets.
func historyOf(keys ...string) string {
	return "`hubmend history " + strings.Join(keys, "`, `hubmend history ") + "`"
}

// teller prints a status when it is new or was printed a while ago, but no failure.
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
	line := fmt.Sprintf("%6.1f s  %s: %s", time.Since(t.begin).Seconds(), t.what, wording.OneLine(t.told))
	fmt.Fprintln(t.out, strings.Join(wrapLine(line, len("   0.0 s  "), terminalWidth(t.out)), "\n"))
}
