package lab_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab"
)

// moto loses messages that arrive while others are deleted, if nobody keeps it from that.
func TestQueueLosesNothing(t *testing.T) {
	t.Parallel()
	w := up(t, stacks{admin: resources{"Busy": queue("busy")}})
	send := func(body string) {
		w.call(t, admin, "sqs", "SendMessage", object{"QueueUrl": "busy", "MessageBody": body})
	}
	const first, senders, each = 300, 4, 100
	for i := range first { // a long list takes long to delete from
		send(fmt.Sprint(i))
	}
	var group sync.WaitGroup
	for range senders {
		group.Go(func() {
			for range each {
				send("x")
			}
		})
	}
	deleted := 0
	for range 25 {
		out := w.call(t, admin, "sqs", "ReceiveMessage", object{"QueueUrl": "busy", "MaxNumberOfMessages": 10})
		messages, _ := out["Messages"].([]any)
		for _, m := range messages {
			w.call(t, admin, "sqs", "DeleteMessage",
				object{"QueueUrl": "busy", "ReceiptHandle": at(m, "ReceiptHandle")})
			deleted++
		}
	}
	group.Wait()
	if n := w.visible(t, "busy"); n != fmt.Sprint(first+senders*each-deleted) {
		t.Errorf("%v messages are left of %d, %d were deleted", n, first+senders*each, deleted)
	}
}

// SQS says of each message who has sent it, by an id that the sender cannot choose.
func TestQueueNamesTheSender(t *testing.T) {
	t.Parallel()
	sold := object{"source": []any{"shop"}}
	w := up(t, stacks{admin: resources{
		"In": queue("in"), "Policy": allow("in", "*"),
		"Rule": onBus("default", "in", sold, object{"Id": "t", "Arn": queueARN("in")}),
	}})
	w.call(t, admin, "sqs", "SendMessage", object{"QueueUrl": "in", "MessageBody": "operator"})

	w.role(t, admin, "sender", trust(object{"AWS": "arn:aws:iam::" + admin + ":root"}, nil))
	may, err := json.Marshal(
		statement(object{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queueARN("in")}))
	if err != nil {
		t.Fatal(err)
	}
	w.call(t, admin, "iam", "PutRolePolicy",
		object{"RoleName": "sender", "PolicyName": "p", "PolicyDocument": string(may)})
	session := w.call(t, admin, "sts", "AssumeRole",
		object{"RoleArn": "arn:aws:iam::" + admin + ":role/sender", "RoleSessionName": "ann"})
	key, _ := at(session, "Credentials", "AccessKeyId").(string)
	client := sqs.New(sqs.Options{BaseEndpoint: aws.String(w.Endpoint()), Region: home,
		Credentials: credentials.NewStaticCredentialsProvider(key, "lab", "lab")})
	if _, err := client.SendMessage(t.Context(),
		&sqs.SendMessageInput{QueueUrl: aws.String(w.Endpoint() + "/" + admin + "/in"),
			MessageBody: aws.String("session")}); err != nil {
		t.Fatal(err)
	}

	w.call(t, admin, "events", "PutEvents", object{"Entries": []any{put(nil)}})
	w.quiet(t)

	got := map[string]any{}
	out := w.call(t, admin, "sqs", "ReceiveMessage",
		object{"QueueUrl": "in", "MaxNumberOfMessages": 10, "AttributeNames": []any{"SenderId"}})
	messages, _ := out["Messages"].([]any)
	for _, m := range messages {
		body, _ := at(m, "Body").(string)
		if body != "operator" && body != "session" {
			body = "event"
		}
		got[body] = at(m, "Attributes", "SenderId")
	}
	want := map[string]any{"operator": lab.OperatorID, "session": at(session, "AssumedRoleUser", "AssumedRoleId"),
		"event": "AIDAJXNJGGKNS7OSV23OI"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("senders (-want +got):\n%s", diff)
	}
}
