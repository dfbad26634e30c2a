package apply

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/ledger"
)

// NotifyOrCollect notifies people, by a separate message or in the digest of the same cause. Without an error the
// message was sent, or it was stored and the sweep sends it. Calling it again for the same thing is harmless.
func (e Effects) NotifyOrCollect(ctx context.Context, n decide.Notification) error {
	cause, common := n.CommonCause()
	if !common || e.Digests == nil {
		return e.Notifier.Notify(ctx, n)
	}
	key, told := cause.Key(), n.Collect(e.Now())
	for range maxConflicts {
		d, err := e.Digests.LoadDigest(ctx, key)
		if ledger.IsNewer(err) {
			return e.Notifier.Notify(ctx, n) // one email too many is better than none
		}
		if err != nil {
			return err
		}
		switch delivery, opened := d.OnNotification(told.ID, e.Now(), e.Settings); delivery {
		case decide.Collects:
			if in, err := e.collect(ctx, key, d.Window, told); in || err != nil {
				return err
			}
			continue // the window has ended meanwhile
		case decide.Opens:
			opened.Cause = cause
			if _, err = e.Digests.SaveDigest(ctx, opened); errors.Is(err, ledger.ErrConflict) {
				continue // another function has opened one
			}
		}
		if err != nil {
			return err
		}
		return e.Notifier.Notify(ctx, n)
	}
	return fmt.Errorf("tell of %s in the digest %s %d times: %w", n.Record.Target, key, maxConflicts,
		ledger.ErrConflict)
}

// collect keeps what a digest is to tell, and reports whether it is in time for it.
func (e Effects) collect(ctx context.Context, key string, window int, told decide.Collected) (bool, error) {
	if err := e.Digests.Collect(ctx, key, window, told); err != nil {
		return false, err
	}
	d, err := e.Digests.LoadDigest(ctx, key)
	return d.Has(window), err
}

// SendDigest sends what was collected for a cause if it is due.
func (e Effects) SendDigest(ctx context.Context, key string, now time.Time) error {
	d, err := e.Digests.LoadDigest(ctx, key)
	if ledger.IsNewer(err) {
		return nil // the newer version sends it
	}
	if err != nil {
		return err
	}
	d, due := d.OnSweep(now)
	if !due {
		return nil
	}
	if d, err = e.Digests.SaveDigest(ctx, d); errors.Is(err, ledger.ErrConflict) {
		return nil // another sweep sends it, or somebody opened a window and the next sweep does
	} else if err != nil {
		return err
	}
	window := d.Ended
	all, err := e.Digests.Collected(ctx, key, window)
	if err != nil {
		return err
	}
	if len(all) > 0 {
		if err := e.Notifier.Notify(ctx,
			decide.Notification{Kind: decide.Digested, Common: d.Cause, Collected: all}); err != nil {
			return err
		}
	}
	for range maxConflicts {
		sent, is := d.OnSent(window, len(all), e.Now(), e.Settings)
		if !is {
			return nil
		}
		if _, err = e.Digests.SaveDigest(ctx, sent); !errors.Is(err, ledger.ErrConflict) {
			return err
		}
		if d, err = e.Digests.LoadDigest(ctx, key); err != nil {
			return err
		}
	}
	return fmt.Errorf("note that the digest %s is out %d times: %w", key, maxConflicts, ledger.ErrConflict)
}
