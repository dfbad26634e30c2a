package deadletter_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"hubmend/internal/engine/queue"
	"hubmend/internal/lab/python"
	"hubmend/internal/ops/deadletter"
)

// startSQS gives a client of an empty SQS.
func startSQS(t *testing.T) *sqs.Client {
	t.Helper()
	if testing.Short() {
		t.Skip("starts Python")
	}
	interpreter, err := python.Find(filepath.Join("..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	moto, err := python.StartMoto(t.Context(), python.Config{Python: interpreter})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(moto.Close)
	return sqs.New(sqs.Options{Region: "eu-west-1", BaseEndpoint: aws.String(moto.URL()),
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", "")})
}

func create(t *testing.T, client *sqs.Client, name string, attributes map[string]string) (url string) {
	t.Helper()
	out, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	if err != nil {
		t.Fatal(err)
	}
	return *out.QueueUrl
}

// received takes messages from a queue.
func received(t *testing.T, client *sqs.Client, url string) []string {
	t.Helper()
	out, err := client.ReceiveMessage(t.Context(),
		&sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10, VisibilityTimeout: 0})
	if err != nil {
		t.Fatal(err)
	}
	var bodies []string
	for _, m := range out.Messages {
		bodies = append(bodies, *m.Body)
	}
	return bodies
}

func letters(t *testing.T, client *sqs.Client) (*deadletter.Queue, []deadletter.Letter) {
	t.Helper()
	q, err := deadletter.Open(t.Context(), client, "hubmend-findings")
	if err != nil {
		t.Fatal(err)
	}
	var all []deadletter.Letter
	for l, err := range q.Letters(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
	return q, all
}

func TestOpenWithoutQueueInSQS(t *testing.T) {
	t.Parallel()
	client := startSQS(t)
	if _, err := deadletter.Open(t.Context(), client, "hubmend-findings"); !errors.Is(err, deadletter.ErrNoQueue) {
		t.Errorf("Open = %v", err)
	}
	create(t, client, "hubmend-findings", nil)
	if _, err := deadletter.Open(t.Context(), client, "hubmend-findings"); !errors.Is(err, deadletter.ErrNoQueue) ||
		!strings.Contains(err.Error(), "hubmend-findings-dlq") {
		t.Errorf("Open = %v", err)
	}
}

// Dead letters of functions and of SQS can be read any number of times, and redriven.
func TestLettersInSQS(t *testing.T) {
	t.Parallel()
	client := startSQS(t)
	dead := create(t, client, "hubmend-findings-dlq", nil)
	source := create(t, client, "hubmend-findings", map[string]string{
		"VisibilityTimeout": "0",
		"RedrivePolicy":     `{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:123456789012:hubmend-findings-dlq","maxReceiveCount":"1"}`,
	})
	if err := (queue.DeadLetters{Client: client, URL: dead}).Bury(t.Context(), imported(finding),
		"the event has no id"); err != nil {
		t.Fatal(err)
	}
	if err := (queue.Sender{Client: client, URL: source}).Send(t.Context(), "too often"); err != nil {
		t.Fatal(err)
	}
	received(t, client, source) // once too often
	if again := received(t, client, source); len(again) > 0 {
		t.Fatalf("%v was received again", again)
	}
	for range 20 {
		if err := (queue.Sender{Client: client, URL: dead}).Send(t.Context(), "many"); err != nil {
			t.Fatal(err)
		}
	}

	// Each look finds all: the one before it left them there.
	for look := 1; look <= 2; look++ {
		q, all := letters(t, client)
		if q.Expected != 22 || len(all) != 22 {
			t.Fatalf("look %d: %d letters, %d expected", look, len(all), q.Expected)
		}
		reasons := map[string]string{}
		for _, l := range all {
			reasons[l.About] = l.Reason
			if l.Received < look || time.Since(l.Since) > time.Hour || l.ID == "" {
				t.Errorf("look %d: %+v", look, l)
			}
		}
		if reasons["EC2.13 "+group] != "the event has no id" || reasons["too often"] != deadletter.TooOften {
			t.Errorf("reasons are %v", reasons)
		}
	}

	q, _ := letters(t, client)
	for l, err := range q.Letters(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if l.Body == "many" {
			continue
		}
		if err := q.Redrive(t.Context(), l); err != nil {
			t.Error(err)
		}
	}
	back := received(t, client, source)
	slices.Sort(back)
	if want := []string{"too often", imported(finding)}; fmt.Sprint(back) != fmt.Sprint(want) {
		t.Errorf("%q came back, want %q", back, want)
	}
	if q, all := letters(t, client); len(all) != 20 || q.Expected != 20 {
		t.Errorf("%d letters are left, %d expected", len(all), q.Expected)
	}
}
