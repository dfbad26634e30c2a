package simulation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hubmend/internal/engine/decide"
)

// digest is what the world knows of the messages of one cause.
type digest struct {
	openedAt time.Time            // when a message of its own last opened a window
	openers  map[string]bool      // what has opened one
	sent     map[string]time.Time // when each message went out, since everything is calm
}

func (w *world) digestOf(cause decide.CommonCause) *digest {
	key := cause.Key()
	if w.digests[key] == nil {
		w.digests[key] = &digest{openers: map[string]bool{}, sent: map[string]time.Time{}}
	}
	return w.digests[key]
}

// noteDigest looks at a digest after each save.
func (w *world) noteDigest(was, is decide.Digest) {
	d := w.digestOf(is.Cause)
	if is.Opener == "" || is.Window == was.Window {
		return
	}
	if !d.openedAt.IsZero() && w.now.Sub(d.openedAt) < w.settings.DigestEvery-grace {
		w.violate("a message of its own opens a window of %s beside another", is.Cause.Key())
	}
	d.openedAt, d.openers[is.Opener] = w.now, true
}

// checkDigest looks at a message before people get it.
func (w *world) checkDigest(n decide.Notification) {
	cause, common := n.CommonCause()
	what := ""
	switch {
	case n.Kind == decide.Digested:
		cause, what = n.Common, fmt.Sprint(n.Collected)
	case !common:
		return
	default:
		what = n.Collect(time.Time{}).ID
		if !w.digestOf(cause).openers[what] {
			w.violate("people are notified of %s separately, and were notified of its cause %s", n.Record.Target,
				cause.Key())
		}
	}
	d := w.digestOf(cause)
	// Two functions that handle the same message at the same time may both say so, and each check may
	// contradict a repair.
	if since := w.now.Sub(d.sent[what]); since > moment && since < w.settings.DigestEvery/2 {
		w.violate("people are notified twice of %s: %s", cause.Key(), what)
	}
	if w.calm() {
		d.sent[what] = w.now
	}
}

// tells reports whether a message notifies people of a resource.
func tells(n decide.Notification, r *resource) bool {
	if n.Kind == decide.Digested {
		return slices.ContainsFunc(n.Collected, func(c decide.Collected) bool {
			return c.Resource == r.arn || n.Common.Kind == decide.AccountNotReady && c.Account == r.account
		})
	}
	return n.Record.Target.Resource == r.arn || n.Kind == decide.AccountNotReady && n.Record.Target.Account == r.account
}

func (c *client) LoadDigest(ctx context.Context, key string) (decide.Digest, error) {
	return call(ctx, c, func() (decide.Digest, error) { return c.memory.LoadDigest(ctx, key) })
}

func (c *client) SaveDigest(ctx context.Context, d decide.Digest) (decide.Digest, error) {
	return call(ctx, c, func() (decide.Digest, error) {
		was, _ := c.memory.LoadDigest(ctx, d.Cause.Key())
		saved, err := c.memory.SaveDigest(ctx, d)
		if err == nil {
			c.noteDigest(was, saved)
		}
		return saved, err
	})
}

func (c *client) Collect(ctx context.Context, key string, window int, told decide.Collected) error {
	return exec(ctx, c, func() error { return c.memory.Collect(ctx, key, window, told) })
}

func (c *client) Collected(ctx context.Context, key string, window int) ([]decide.Collected, error) {
	return call(ctx, c, func() ([]decide.Collected, error) { return c.memory.Collected(ctx, key, window) })
}

func (c *client) DueDigests(ctx context.Context, at time.Time) ([]string, error) {
	return call(ctx, c, func() ([]string, error) { return c.memory.DueDigests(ctx, at) })
}
