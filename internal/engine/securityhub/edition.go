package securityhub

import (
	"context"
	"sync"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/securityhub"

	"hubmend/internal/aws/awserr"
)

// How long an answer to the question whether V2 is enabled is good for.
const (
	enabledFor  = time.Hour
	disabledFor = 10 * time.Minute
	unknownFor  = time.Minute // after an error that says nothing about it
)

// Describer is what Enabled needs of the new Security Hub.
type Describer interface {
	DescribeSecurityHubV2(context.Context, *sdk.DescribeSecurityHubV2Input,
		...func(*sdk.Options)) (*sdk.DescribeSecurityHubV2Output, error)
}

// Enabled asks whether the new Security Hub is enabled in an account and Region.
func Enabled(ctx context.Context, client Describer) (bool, error) {
	_, err := client.DescribeSecurityHubV2(ctx, &sdk.DescribeSecurityHubV2Input{})
	if awserr.Code(err) == notFound {
		return false, nil
	}
	return err == nil, err
}

// edition is whether V2 is enabled, as far as is known.
type edition struct {
	mu      sync.Mutex
	enabled bool
	refused bool // it is taken for disabled, because it cannot be read
	until   time.Time
}

// V2 reports whether the new Security Hub is enabled beside Security Hub CSPM.
//
// A role that may not ask takes V2 for enabled. The calls of V2 then show it.
func (f *Findings) V2(ctx context.Context) bool {
	e := &f.v2
	e.mu.Lock() // while it asks, so that it asks once
	defer e.mu.Unlock()
	if f.Now().Before(e.until) {
		return e.enabled
	}
	enabled, err := Enabled(ctx, f.ClientV2)
	switch {
	case err == nil && enabled:
		e.set(true, f.Now().Add(enabledFor))
	case err == nil:
		e.set(false, f.Now().Add(disabledFor))
	case ctx.Err() != nil: // this caller had no time left, but the next one may
	case awserr.IsDenied(err):
		e.set(true, f.Now().Add(disabledFor))
	default:
		f.Log.WarnContext(ctx, "cannot find out whether the new Security Hub is enabled", "error", err.Error())
		e.set(e.enabled, f.Now().Add(unknownFor))
	}
	return e.enabled
}

// InV2 reports the same as V2. A message from V2 shows that it is enabled by now, whatever the answer was before.
func (f *Findings) InV2(ctx context.Context, sent bool) bool {
	if sent {
		f.v2.hasSent(f.Now())
	}
	return f.V2(ctx)
}

func (e *edition) hasSent(now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if now.Before(e.until) && !e.enabled && !e.refused {
		e.set(true, now.Add(disabledFor))
	}
}

func (e *edition) set(enabled bool, until time.Time) {
	e.enabled, e.refused, e.until = enabled, false, until
}

// off takes V2 for disabled until the next question is due.
func (e *edition) off() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.enabled, e.refused = false, true
}
