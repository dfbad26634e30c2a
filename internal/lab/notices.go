package lab

import (
	"cmp"
	"net/url"
	"regexp"
	"sync"
)

// Notice is a message that was published to an SNS topic.
type Notice struct {
	Topic   string `json:"topic"`
	Subject string `json:"subject"`
	Message string `json:"message"`
}

type notices struct {
	lab *world

	mu  sync.Mutex
	all []Notice
}

func newNotices(w *world) *notices { return &notices{lab: w} }

// record keeps a message, unless SNS would refuse it.
func (n *notices) record(q request) error {
	form, err := url.ParseQuery(string(q.body))
	if err != nil {
		return nil // moto answers it
	}
	notice := Notice{Topic: form.Get("TopicArn"), Subject: form.Get("Subject"), Message: form.Get("Message")}
	switch {
	case form.Has("Subject") && !subject.MatchString(notice.Subject):
		return refuse("InvalidParameter", "Invalid parameter: Subject")
	case len(notice.Message) > mostMessageBytes:
		return refuse("InvalidParameter", "Invalid parameter: Message too long")
	}
	n.mu.Lock()
	n.all = append(n.all, notice)
	n.mu.Unlock()
	n.lab.story.tell(KindNotice, q.caller.Account, q.region, "%s", cmp.Or(notice.Subject, notice.Message))
	return nil
}

// subject is what SNS takes as one: fewer than 100 characters of printable ASCII, of which the first is no space.
var subject = regexp.MustCompile(`^[!-~][ -~]{0,98}$`)

// mostMessageBytes is how long a message may be.
const mostMessageBytes = 256 << 10

// list gives what was published so far.
func (n *notices) list() []Notice {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]Notice(nil), n.all...)
}
