package lab_test

import (
	"fmt"
	"sync"
	"testing"
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
			w.call(t, admin, "sqs", "DeleteMessage", object{"QueueUrl": "busy", "ReceiptHandle": at(m, "ReceiptHandle")})
			deleted++
		}
	}
	group.Wait()
	if n := w.visible(t, "busy"); n != fmt.Sprint(first+senders*each-deleted) {
		t.Errorf("%v messages are left of %d, %d were deleted", n, first+senders*each, deleted)
	}
}
