// Package sns records the messages that are published to topics. moto stores topics and subscriptions.
package sns

import (
	"cmp"
	"net/url"
	"regexp"
	"sync"

	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/story"
	"hubmend/internal/lab/world"
)

// Notice is a message that was published to an SNS topic.
type Notice struct {
	Topic   string `json:"topic"`
	Subject string `json:"subject"`
	Message string `json:"message"`
}

// Notices are the messages that were published.
type Notices struct {
	lab *world.World

	mu  sync.Mutex
	all []Notice
}

// New gives the messages of a lab in which none was published yet.
func New(w *world.World) *Notices { return &Notices{lab: w} }

// Record stores a message, unless SNS would refuse it.
func (n *Notices) Record(q apicall.Request) error {
	form, err := url.ParseQuery(string(q.Body))
	if err != nil {
		return nil // moto answers it
	}
	notice := Notice{Topic: form.Get("TopicArn"), Subject: form.Get("Subject"), Message: form.Get("Message")}
	switch {
	case form.Has("Subject") && !subject.MatchString(notice.Subject):
		return apicall.Refuse("InvalidParameter", "Invalid parameter: Subject")
	case len(notice.Message) > mostMessageBytes:
		return apicall.Refuse("InvalidParameter", "Invalid parameter: Message too long")
	}
	n.mu.Lock()
	n.all = append(n.all, notice)
	n.mu.Unlock()
	n.lab.Story.Tell(story.KindNotice, q.Caller.Account, q.Region, "%s", cmp.Or(notice.Subject, notice.Message))
	return nil
}

// subject is the form of a subject: fewer than 100 characters of printable ASCII, not beginning with a space.
var subject = regexp.MustCompile(`^[!-~][ -~]{0,98}$`)

// mostMessageBytes is the maximum size of a message.
const mostMessageBytes = 256 << 10

// All gives the messages so far.
func (n *Notices) All() []Notice {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]Notice(nil), n.all...)
}
