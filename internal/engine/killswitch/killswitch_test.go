package killswitch_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"hubmend/internal/engine/killswitch"
	"hubmend/internal/engine/naming"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// parameter is the store with one parameter.
type parameter struct {
	value *string
	err   error
	reads int
	name  string
}

func (p *parameter) GetParameter(_ context.Context, in *ssm.GetParameterInput,
	_ ...func(*ssm.Options)) (*ssm.GetParameterOutput, error) {
	p.reads++
	p.name = *in.Name
	if p.err != nil {
		return nil, p.err
	}
	return &ssm.GetParameterOutput{Parameter: &types.Parameter{Value: p.value}}, nil
}

func says(value string) *parameter { return &parameter{value: &value} }

func TestOnlyActiveIsActive(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		parameter *parameter
		paused    bool
	}{
		"active":             {says(naming.SwitchActive), false},
		"paused":             {says(naming.SwitchPaused), true},
		"another case":       {says("Active"), true},
		"a space":            {says("active "), true},
		"a slip of the pen":  {says("actve"), true},
		"an empty parameter": {says(""), true},
		"no value":           {&parameter{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &killswitch.Switch{Client: tc.parameter, Name: "/hubmend/switch",
				Now: func() time.Time { return noon }}
			if paused, err := s.Paused(t.Context()); err != nil || paused != tc.paused {
				t.Errorf("Paused = %t, %v", paused, err)
			}
			if tc.parameter.name != "/hubmend/switch" {
				t.Errorf("%q was read", tc.parameter.name)
			}
		})
	}
}

func TestCache(t *testing.T) {
	t.Parallel()
	p, now := says("active"), noon
	s := &killswitch.Switch{Client: p, Now: func() time.Time { return now }}
	for _, step := range []struct {
		after  time.Duration
		value  string
		paused bool
		reads  int
	}{
		{0, "active", false, 1},
		{0, "paused", false, 1},
		{10*time.Second - 1, "paused", false, 1},
		{10 * time.Second, "paused", true, 2}, // from here on the cache is of this moment
		{19 * time.Second, "active", true, 2},
		{20 * time.Second, "active", false, 3},
	} {
		now, p.value = noon.Add(step.after), &step.value
		if paused, err := s.Paused(t.Context()); err != nil || paused != step.paused || p.reads != step.reads {
			t.Errorf("after %s: Paused = %t, %v, %d reads", step.after, paused, err, p.reads)
		}
	}
}

// A cached value does not count if the switch cannot be read.
func TestErrorsAreNotCached(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	p, now := says("active"), noon
	s := &killswitch.Switch{Client: p, Now: func() time.Time { return now }}
	if _, err := s.Paused(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.err, now = down, noon.Add(killswitch.CacheFor)
	for range 2 {
		if paused, err := s.Paused(t.Context()); !errors.Is(err, down) || !paused {
			t.Errorf("Paused = %t, %v", paused, err)
		}
	}
	p.err = nil
	if paused, err := s.Paused(t.Context()); err != nil || paused || p.reads != 4 {
		t.Errorf("Paused = %t, %v after %d reads", paused, err, p.reads)
	}
}
