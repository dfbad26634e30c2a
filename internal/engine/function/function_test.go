package function_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"hubmend/internal/engine/decide"
	"hubmend/internal/engine/function"
	"hubmend/internal/engine/naming"
)

func TestLoad(t *testing.T) { //nolint:paralleltest // it sets the environment
	t.Setenv("AWS_REGION", "eu-west-1")
	t.Setenv("AWS_CONFIG_FILE", "none")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "none")
	t.Setenv(naming.EnvLedgerTable, "hubmend-ledger")
	t.Setenv(naming.EnvMaxAttempts, "2")
	env, err := function.Load(t.Context(), naming.EnvLedgerTable)
	if err != nil || env.Config.Region != "eu-west-1" || env.Settings.MaxAttempts != 2 ||
		env.Settings.Window != decide.Defaults.Window {
		t.Errorf("Load = %v, Region %q, settings %+v", err, env.Config.Region, env.Settings)
	}
	if l := env.Ledger(); l.Table != "hubmend-ledger" || l.Now == nil {
		t.Errorf("Ledger = %+v", l)
	}
	if e := env.Effects(env.Announcer(), env.Findings()); e.Settings != env.Settings || e.Announcer == nil {
		t.Errorf("the effects have other settings: %+v", e.Settings)
	}
	t.Setenv(naming.EnvMaxAttempts, "no")
	t.Setenv(naming.EnvTopicARN, "")
	_, err = function.Load(t.Context(), naming.EnvLedgerTable, naming.EnvTopicARN, naming.EnvSwitch)
	for _, name := range []string{naming.EnvMaxAttempts, naming.EnvTopicARN, naming.EnvSwitch} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("Load = %v, want %s named", err, name)
		}
	}
	if err != nil && strings.Contains(err.Error(), naming.EnvLedgerTable) {
		t.Errorf("Load = %v, but %s is set", err, naming.EnvLedgerTable)
	}
}

func TestSleep(t *testing.T) {
	t.Parallel()
	over, stop := context.WithCancel(t.Context())
	stop()
	for name, tc := range map[string]struct {
		ctx  context.Context
		wait time.Duration
		long bool // whether it takes the whole wait
	}{
		"a while":             {t.Context(), 30 * time.Millisecond, true},
		"not at all":          {t.Context(), 0, false},
		"less than nothing":   {t.Context(), -time.Hour, false},
		"the context is over": {over, time.Hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			done := make(chan time.Duration, 1)
			go func(begin time.Time) {
				function.Sleep(tc.ctx, tc.wait)
				done <- time.Since(begin)
			}(time.Now())
			select {
			case took := <-done:
				if tc.long && took < tc.wait {
					t.Errorf("Sleep took %s, want %s", took, tc.wait)
				}
			case <-time.After(10 * time.Second):
				t.Error("Sleep goes on")
			}
		})
	}
}
