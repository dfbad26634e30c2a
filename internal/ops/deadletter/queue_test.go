package deadletter_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/ops/deadletter"
)

// service is SQS with the findings queue, whose dead letters it gives as the script says.
type service struct {
	missing string   // a queue that does not exist
	counts  []string // visible, not visible
	batches [][]string
	fail    map[string]error // by call

	calls   []string
	visible []string // receipts of messages that were made visible
	timeout int32
}

var _ deadletter.API = (*service)(nil)

func (s *service) call(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	s.calls = append(s.calls, text)
	return s.fail[text]
}

func (s *service) GetQueueUrl(_ context.Context, in *sqs.GetQueueUrlInput,
	_ ...func(*sqs.Options)) (*sqs.GetQueueUrlOutput, error) {
	if *in.QueueName == s.missing {
		return nil, &types.QueueDoesNotExist{}
	}
	return &sqs.GetQueueUrlOutput{QueueUrl: aws.String("url/" + *in.QueueName)}, s.fail["find "+*in.QueueName]
}

func (s *service) GetQueueAttributes(_ context.Context, in *sqs.GetQueueAttributesInput,
	_ ...func(*sqs.Options)) (*sqs.GetQueueAttributesOutput, error) {
	all := map[string]string{}
	for i, name := range []string{"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"} {
		if slices.Contains(in.AttributeNames, types.QueueAttributeName(name)) && i < len(s.counts) {
			all[name] = s.counts[i]
		}
	}
	return &sqs.GetQueueAttributesOutput{Attributes: all}, s.fail["count "+*in.QueueUrl]
}

func (s *service) ReceiveMessage(ctx context.Context, in *sqs.ReceiveMessageInput,
	_ ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error) {
	if err := errors.Join(s.call("receive"), ctx.Err()); err != nil {
		return nil, err
	}
	s.timeout = in.VisibilityTimeout
	if len(s.batches) == 0 {
		return &sqs.ReceiveMessageOutput{}, nil
	}
	ids := s.batches[0]
	s.batches = s.batches[1:]
	var messages []types.Message
	for _, id := range ids {
		// A message that is received again has another receipt.
		messages = append(messages,
			types.Message{MessageId: &id, Body: aws.String("body of " + id),
				ReceiptHandle: aws.String(id + "#" + strconv.Itoa(len(s.calls)))})
	}
	return &sqs.ReceiveMessageOutput{Messages: messages}, nil
}

func (s *service) ChangeMessageVisibilityBatch(ctx context.Context, in *sqs.ChangeMessageVisibilityBatchInput,
	_ ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityBatchOutput, error) {
	if ctx.Err() != nil || *in.QueueUrl != "url/hubmend-findings-dlq" || len(in.Entries) > 10 {
		return nil, errors.New("refused")
	}
	for _, e := range in.Entries {
		if e.VisibilityTimeout != 0 {
			return nil, errors.New("refused")
		}
		s.visible = append(s.visible, *e.ReceiptHandle)
	}
	return &sqs.ChangeMessageVisibilityBatchOutput{}, nil
}

func (s *service) SendMessage(_ context.Context, in *sqs.SendMessageInput,
	_ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	if len(in.MessageAttributes) > 0 {
		return nil, errors.New("the attributes of a dead letter went along")
	}
	return &sqs.SendMessageOutput{}, s.call("send %s to %s", *in.MessageBody, *in.QueueUrl)
}

func (s *service) DeleteMessage(ctx context.Context, in *sqs.DeleteMessageInput,
	_ ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error) {
	id, _, _ := strings.Cut(*in.ReceiptHandle, "#")
	return &sqs.DeleteMessageOutput{}, errors.Join(ctx.Err(), s.call("delete %s from %s", id, *in.QueueUrl))
}

func open(t *testing.T, s *service) *deadletter.Queue {
	t.Helper()
	q, err := deadletter.Open(t.Context(), s, "hubmend-findings")
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestOpen(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	for name, tc := range map[string]struct {
		service service
		want    int
		err     error
		says    string
	}{
		"messages": {service{counts: []string{"3", "4"}}, 7, nil, ""},
		"no queue": {service{missing: "hubmend-findings"}, 0, deadletter.ErrNoQueue,
			": hubmend-findings"},
		"no dead letters": {service{missing: "hubmend-findings-dlq"}, 0, deadletter.ErrNoQueue,
			": hubmend-findings-dlq"},
		"queue cannot be found": {service{fail: map[string]error{"find hubmend-findings": down}}, 0, down,
			"hubmend-findings:"},
		"letters cannot be found": {service{fail: map[string]error{"find hubmend-findings-dlq": down}}, 0, down,
			"hubmend-findings-dlq:"},
		"messages cannot be counted": {service{fail: map[string]error{"count url/hubmend-findings-dlq": down}}, 0,
			down, "hubmend-findings-dlq:"},
		"the number of them is wrong": {service{counts: []string{"3"}}, 0, strconv.ErrSyntax,
			"ApproximateNumberOfMessagesNotVisible of hubmend-findings-dlq"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q, err := deadletter.Open(t.Context(), &tc.service, "hubmend-findings")
			if tc.err != nil {
				if !errors.Is(err, tc.err) || !strings.Contains(err.Error(), tc.says) ||
					errors.Is(err, deadletter.ErrNoQueue) != (tc.err == deadletter.ErrNoQueue) {
					t.Errorf("Open = %v, want %v of %s", err, tc.err, tc.says)
				}
				return
			}
			if err != nil || q.Expected != tc.want || q.Name != "hubmend-findings" {
				t.Errorf("Open = %+v, %v; want %d", q, err, tc.want)
			}
		})
	}
}

func TestLetters(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		batches  [][]string
		visible  string // how many SQS says are there
		want     []string
		receives int
		released []string
	}{
		"none": {nil, "0", nil, 1, nil},
		"one":  {[][]string{{"a"}}, "1", []string{"a"}, 2, []string{"a#1"}},
		"more than SQS knows": {[][]string{{"a", "b"}, {"c"}}, "1", []string{"a", "b", "c"}, 3,
			[]string{"a#1", "b#1", "c#2"}},
		"one twice": {[][]string{{"a", "a"}, {"a", "b"}}, "2", []string{"a", "b"}, 3,
			[]string{"a#2", "b#2"}},
		"the same for ever": {[][]string{{"a"}, {"a"}, {"a"}, {"a"}, {"a"}}, "1", []string{"a"}, 2,
			[]string{"a#2"}},
		"some that come late": {[][]string{{"a"}, {}, {}, {"b"}}, "2", []string{"a", "b"}, 5,
			[]string{"a#1", "b#4"}},
		"some that do not come":         {[][]string{{"a"}}, "9", []string{"a"}, 4, []string{"a#1"}},
		"some that somebody else reads": {nil, "9", nil, 3, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &service{batches: tc.batches, counts: []string{tc.visible, "0"}}
			var got []string
			for l, err := range open(t, s).Letters(t.Context()) {
				if err != nil || l.Body != "body of "+l.ID || l.Queue != "findings" || len(s.visible) > 0 {
					t.Fatalf("letter %+v, %v", l, err)
				}
				got = append(got, l.ID)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
			if len(s.calls) != tc.receives {
				t.Errorf("made %d calls, want %d", len(s.calls), tc.receives)
			}
			if diff := cmp.Diff(tc.released, s.visible); diff != "" {
				t.Error(diff)
			}
			if s.timeout < 1 || s.timeout > 120 {
				t.Errorf("hides messages for %d s", s.timeout)
			}
		})
	}
}

// A loop that is left early, is interrupted or fails leaves no message hidden, not even those that were received and
// not yet handled.
func TestLettersReleases(t *testing.T) {
	t.Parallel()
	var first, second []string
	for i := range 10 {
		first, second = append(first, fmt.Sprintf("a%d", i)), append(second, fmt.Sprintf("b%d", i))
	}
	down := errors.New("down")
	for name, tc := range map[string]struct {
		service service
		leaveAt string
		cancel  bool
		err     error
		want    int
	}{
		"left":        {service{}, "b3", false, nil, 20},
		"interrupted": {service{}, "", true, context.Canceled, 10},
		"failed":      {service{fail: map[string]error{"receive": down}}, "", false, down, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			s := &tc.service
			s.batches, s.counts = [][]string{first, second}, []string{"20", "0"}
			var got error
			for l, err := range open(t, s).Letters(ctx) {
				got = err
				if tc.cancel {
					cancel()
				}
				if l.ID == tc.leaveAt {
					break
				}
			}
			if !errors.Is(got, tc.err) {
				t.Errorf("error = %v, want %v", got, tc.err)
			}
			if len(s.visible) != tc.want {
				t.Errorf("%d are visible again, want %d: %v", len(s.visible), tc.want, s.visible)
			}
		})
	}
}

func TestRedrive(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	const send, remove = "send body of a to url/hubmend-findings", "delete a from url/hubmend-findings-dlq"
	for name, tc := range map[string]struct {
		fail    map[string]error
		cancel  bool
		calls   []string
		err     error
		says    string
		visible []string
	}{
		"sent, then deleted": {nil, false, []string{send, remove}, nil, "", []string{"b#1"}},
		"not sent": {map[string]error{send: down}, false, []string{send}, down, "send to hubmend-findings",
			[]string{"a#1", "b#1"}},
		"not deleted": {map[string]error{remove: down}, false, []string{send, remove}, down,
			"sent to hubmend-findings, but delete from hubmend-findings-dlq", []string{"a#1", "b#1"}},
		"interrupted": {nil, true, []string{send, remove}, nil, "", []string{"b#1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			s := &service{batches: [][]string{{"a", "b"}}, counts: []string{"2", "0"}, fail: tc.fail}
			q := open(t, s)
			for l, err := range q.Letters(ctx) {
				if err != nil {
					t.Fatal(err)
				}
				if tc.cancel {
					cancel()
				}
				if err := q.Redrive(ctx, l); !errors.Is(err, tc.err) || err != nil &&
					!strings.Contains(err.Error(), tc.says) {
					t.Errorf("Redrive = %v, want %v and %q", err, tc.err, tc.says)
				}
				break
			}
			if diff := cmp.Diff(append([]string{"receive"}, tc.calls...), s.calls); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tc.visible, s.visible); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	const remove = "delete a from url/hubmend-findings-dlq"
	for name, tc := range map[string]struct {
		fail    map[string]error
		visible []string
	}{
		"deleted":     {nil, []string{"b#1"}},
		"not deleted": {map[string]error{remove: down}, []string{"a#1", "b#1"}},
	} {
		s := &service{batches: [][]string{{"a", "b"}}, counts: []string{"2", "0"}, fail: tc.fail}
		q := open(t, s)
		for l := range q.Letters(t.Context()) {
			if err := q.Delete(t.Context(), l); !errors.Is(err, tc.fail[remove]) {
				t.Errorf("%s: Delete = %v", name, err)
			}
			break
		}
		if diff := cmp.Diff([]string{"receive", remove}, s.calls); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if diff := cmp.Diff(tc.visible, s.visible); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// After the loop a letter is anybody's: it may be worked on elsewhere.
func TestWantsALetterThatIsHidden(t *testing.T) {
	t.Parallel()
	s := &service{batches: [][]string{{"a"}}, counts: []string{"1", "0"}}
	q := open(t, s)
	var last deadletter.Letter
	for l := range q.Letters(t.Context()) {
		last = l
	}
	for name, do := range map[string]func(context.Context, deadletter.Letter) error{"Redrive": q.Redrive,
		"Delete": q.Delete} {
		if err := do(t.Context(), last); err == nil || len(s.calls) != 2 {
			t.Errorf("%s = %v, after %v", name, err, s.calls)
		}
	}
}
