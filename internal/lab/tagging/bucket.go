package tagging

import (
	"bytes"
	"encoding/xml"
	"maps"
	"net/http"
	"slices"
	"strings"

	"hubmend/internal/lab/apicall"
)

// ServesBucket reports whether a request is for the tags of a bucket that has some that AWS set. The operator gets the
// others only, because read asks S3 as the operator.
func (t *Tags) ServesBucket(q apicall.Request) bool {
	return !q.Caller.IsOperator() && t.systemOf(t.bucketARN(q)) != nil
}

func (t *Tags) bucketARN(q apicall.Request) string {
	return "arn:" + t.lab.Partition + ":s3:::" + strings.Trim(q.Path, "/")
}

// document is the answer of GetBucketTagging.
type document struct {
	XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ Tagging"`
	Tags    []pair   `xml:"TagSet>Tag"`
}

type pair struct{ Key, Value string }

// ServeBucket adds the tags that AWS set to the answer of S3, unless S3 refuses the call.
func (t *Tags) ServeBucket(s3 func(moto http.Handler, w http.ResponseWriter, r *http.Request, q apicall.Request),
	moto http.Handler, w http.ResponseWriter, r *http.Request, q apicall.Request) {
	answer := apicall.NewHeld()
	s3(moto, answer, r, q)
	var has document
	switch {
	case answer.Status == http.StatusOK:
		if err := xml.Unmarshal(answer.Body.Bytes(), &has); err != nil {
			apicall.WriteError(w, "rest-xml", err)
			return
		}
	case !bytes.Contains(answer.Body.Bytes(), []byte("<Code>NoSuchTagSet</Code>")):
		answer.Send(w)
		return
	}
	system := t.systemOf(t.bucketARN(q))
	for _, key := range slices.Sorted(maps.Keys(system)) {
		has.Tags = append(has.Tags, pair{key, system[key]})
	}
	body, err := xml.Marshal(has)
	if err != nil {
		apicall.WriteError(w, "rest-xml", err)
		return
	}
	w.Header().Set("Content-Type", "application/xml")
	_, _ = w.Write(body)
}
