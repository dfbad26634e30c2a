package queue_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"hubmend/internal/engine/queue"
)

type service struct {
	in  *sqs.SendMessageInput
	err error
}

func (s *service) SendMessage(_ context.Context, in *sqs.SendMessageInput,
	_ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	s.in = in
	return &sqs.SendMessageOutput{}, s.err
}

func TestSend(t *testing.T) {
	t.Parallel()
	s := &service{}
	if err := (queue.Sender{Client: s, URL: "http://queue"}).Send(t.Context(), "body"); err != nil {
		t.Error(err)
	}
	if *s.in.QueueUrl != "http://queue" || *s.in.MessageBody != "body" || s.in.MessageAttributes != nil {
		t.Errorf("sent %q with %v to %s", *s.in.MessageBody, s.in.MessageAttributes, *s.in.QueueUrl)
	}
}

func TestBury(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ reason, want string }{
		"words":              {"the message is not an event", "the message is not an event"},
		"other letters":      {"größer", "größer"},
		"nothing":            {"", "unknown"}, // the service takes no empty attribute
		"control characters": {"a\x00b\nc\td\uffffe", "a?b?c?d?e"},
		"not UTF-8":          {"a\xffb", "a?b"},
		"as long as allowed": {strings.Repeat("x", 1000), strings.Repeat("x", 1000)},
		"too long":           {strings.Repeat("x", 1001), strings.Repeat("x", 1000)},
		"cut in a letter":    {strings.Repeat("x", 999) + "ü", strings.Repeat("x", 999) + "?"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &service{}
			if err := (queue.DeadLetters{Client: s, URL: "http://dead"}).Bury(t.Context(), "body",
				tc.reason); err != nil {
				t.Error(err)
			}
			a := s.in.MessageAttributes[queue.ReasonAttribute]
			if *s.in.QueueUrl != "http://dead" || *s.in.MessageBody != "body" || *a.DataType != "String" {
				t.Errorf("sent %q to %s, a reason of type %s", *s.in.MessageBody, *s.in.QueueUrl, *a.DataType)
			}
			if *a.StringValue != tc.want || !utf8.ValidString(*a.StringValue) {
				t.Errorf("reason %q, want %q", *a.StringValue, tc.want)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	to := queue.Sender{Client: &service{err: down}, URL: "http://queue"}
	for name, err := range map[string]error{
		"Send": to.Send(t.Context(), "body"),
		"Bury": queue.DeadLetters(to).Bury(t.Context(), "body", "reason"),
	} {
		if !errors.Is(err, down) || !strings.Contains(err.Error(), "http://queue") {
			t.Errorf("%s = %v", name, err)
		}
	}
}
