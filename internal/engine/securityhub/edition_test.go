package securityhub_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/smithy-go"
)

// code is an error of AWS.
func code(c string) error { return &smithy.GenericAPIError{Code: c, Message: "because"} }

var (
	disabled  = code("ResourceNotFoundException")
	denied    = code("AccessDeniedException")
	throttled = code("ThrottlingException")
)

func (v *v2) DescribeSecurityHubV2(ctx context.Context, _ *sdk.DescribeSecurityHubV2Input,
	_ ...func(*sdk.Options)) (*sdk.DescribeSecurityHubV2Output, error) {
	v.questions++
	time.Sleep(v.takes)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return &sdk.DescribeSecurityHubV2Output{}, v.disabled
}

func TestV2IsFoundOutOnceAndCached(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		first   error // the answer
		want    bool
		goodFor time.Duration
	}{
		"enabled":                      {nil, true, time.Hour},
		"disabled":                     {disabled, false, 10 * time.Minute},
		"a role that may not ask":      {denied, true, 10 * time.Minute},
		"an error that says nothing":   {throttled, false, time.Minute},
		"another that says nothing":    {errors.New("no answer"), false, time.Minute},
		"an error of the service, too": {code("InternalServerException"), false, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &service{v2: v2{disabled: tc.first}}
				h := hub(s)
				ask := func(want bool, questions int) {
					t.Helper()
					if got := h.V2(t.Context()); got != want || s.v2.questions != questions {
						t.Errorf("enabled: %t, want %t; %d questions, want %d", got, want, s.v2.questions, questions)
					}
				}
				ask(tc.want, 1)
				s.v2.disabled = disabled
				if !tc.want {
					s.v2.disabled = nil
				}
				time.Sleep(tc.goodFor - time.Second)
				ask(tc.want, 1)
				time.Sleep(time.Second)
				ask(!tc.want, 2)
			})
		})
	}
}

// A message of V2 shows that it is enabled, whatever the answer was a while ago. It does not show that V2 can be read.
func TestAMessageShowsThatV2IsEnabled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &service{v2: v2{disabled: disabled}}
		h := hub(s)
		if h.InV2(t.Context(), false) {
			t.Error("it is enabled already")
		}
		s.v2.disabled = nil // somebody enables it
		if h.InV2(t.Context(), false) || !h.InV2(t.Context(), true) || !h.InV2(t.Context(), false) {
			t.Error("it is not enabled although it has sent something")
		}
		time.Sleep(10 * time.Minute)
		if !h.InV2(t.Context(), false) || s.v2.questions != 2 {
			t.Errorf("it is not enabled after %d questions", s.v2.questions)
		}
	})
	s := &service{v2: v2{readErr: denied}}
	s.cspm(0, 1)
	h := hub(s)
	if _, err := h.Read(t.Context(), refs(0, 1)); err != nil || h.InV2(t.Context(), true) {
		t.Errorf("what cannot be read is enabled again: %v", err)
	}
}

func TestAnErrorThatSaysNothingKeepsTheEarlierAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &service{}
		h := hub(s)
		if !h.V2(t.Context()) {
			t.Error("it is not enabled")
		}
		time.Sleep(time.Hour)
		s.v2.disabled = throttled
		if !h.V2(t.Context()) || s.v2.questions != 2 {
			t.Errorf("it is no longer enabled after %d questions", s.v2.questions)
		}
	})
}

// A caller whose time is over says nothing about V2 to the others.
func TestACallerWithoutTimeIsNoAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &service{}
		h := hub(s)
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if h.V2(over) || !h.V2(t.Context()) {
			t.Error("the answer is that of the caller without time")
		}
	})
}

func TestV2IsAskedOnceByMany(t *testing.T) {
	t.Parallel()
	s := &service{v2: v2{takes: 10 * time.Millisecond}}
	h := hub(s)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if !h.V2(t.Context()) {
				t.Error("it is not enabled")
			}
		})
	}
	all.Wait()
	if s.v2.questions != 1 {
		t.Errorf("%d questions", s.v2.questions)
	}
}
