package lab

import (
	"cmp"
	"net/url"
	"sync"
)

// Notice is a message that was published to an SNS topic.
type Notice struct {
	Topic   string `json:"topic"`
	Subject string `json:"subject"`
	Message string `json:"message"`
}

type notices struct {
	lab *Lab

	mu  sync.Mutex
	all []Notice
}

func (n *notices) record(q request) {
	form, err := url.ParseQuery(string(q.body))
	if err != nil {
		return // moto answers it
	}
	notice := Notice{Topic: form.Get("TopicArn"), Subject: form.Get("Subject"), Message: form.Get("Message")}
	n.mu.Lock()
	n.all = append(n.all, notice)
	n.mu.Unlock()
	n.lab.story.tell(KindNotice, q.caller.Account, q.region, "%s", cmp.Or(notice.Subject, notice.Message))
}

// Notices lists what was published so far.
func (l *Lab) Notices() []Notice {
	l.notices.mu.Lock()
	defer l.notices.mu.Unlock()
	return append([]Notice(nil), l.notices.all...)
}
