// Package cloudtrail refuses what CloudTrail refuses and moto does not. moto stores trails.
package cloudtrail

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"hubmend/internal/aws/policy"
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/world"
)

// Trails checks calls about trails.
type Trails struct {
	lab     *world.World
	buckets buckets
	keys    keys
}

// New gives the checks of a lab.
func New(w *world.World, b buckets, k keys) *Trails { return &Trails{lab: w, buckets: b, keys: k} }

// buckets evaluates the policies of buckets.
type buckets interface {
	Serves(moto http.Handler, r *http.Request, bucket string, who policy.Request) (bool, error)
}

// keys evaluates the policies of keys.
type keys interface {
	Allows(ctx context.Context, key string, who policy.Request) error
}

const service = "cloudtrail.amazonaws.com"

// changes are the calls that CloudTrail takes only in a trail's home Region.
var changes = []string{"UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging", "PutEventSelectors"}

// Serve forwards a call to moto, unless CloudTrail refuses it.
func (t *Trails) Serve(moto http.Handler, w http.ResponseWriter, r *http.Request, q apicall.Request) {
	err := t.check(moto, r, q)
	switch {
	case err != nil:
		apicall.WriteError(w, "json", err)
	default:
		moto.ServeHTTP(w, byName(r, q))
	}
}

// byName names the trail of a change by its name alone, because moto ignores an ARN or fails.
func byName(r *http.Request, q apicall.Request) *http.Request {
	if slices.Contains(changes, q.API) {
		withBody(r, trailARN.ReplaceAll(q.Body, []byte(`"`)))
	}
	return r
}

var trailARN = regexp.MustCompile(`"arn:aws[a-z-]*:cloudtrail:[a-z0-9-]+:\d+:trail/`)

func withBody(r *http.Request, text []byte) {
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
}

// input are the parameters that are checked.
type input struct{ Name, TrailName, S3BucketName, KmsKeyID string }

func (t *Trails) check(moto http.Handler, r *http.Request, q apicall.Request) error {
	var in input
	if err := json.Unmarshal(q.Body, &in); err != nil {
		return nil //nolint:nilerr // moto answers it
	}
	name := in.Name + in.TrailName
	if q.API == "CreateTrail" && t.exists(moto, r, name) {
		return apicall.Refuse("TrailAlreadyExistsException", "Trail %s already exists for customer: %s", name,
			q.Caller.Account)
	}
	if slices.Contains(changes, q.API) {
		if part := strings.Split(name, ":"); len(part) > 3 && part[3] != q.Region {
			return apicall.Refuse("InvalidHomeRegionException", "Trail %s must be updated in home region: %s", name,
				part[3])
		}
		if !t.exists(moto, r, name) {
			return apicall.Refuse("TrailNotFoundException", "Unknown trail: %s for the user: %s", name,
				q.Caller.Account)
		}
	}
	// Seeds of scenarios create trails in any bucket.
	if !q.Caller.Script || q.API != "CreateTrail" && q.API != "UpdateTrail" {
		return nil
	}
	return t.mayDeliver(moto, r, q, in)
}

// exists reports whether moto has a trail.
func (*Trails) exists(moto http.Handler, r *http.Request, name string) bool {
	text, _ := json.Marshal(map[string]string{"Name": name}) // strings can always be encoded
	ask := r.Clone(r.Context())
	withBody(ask, text)
	target := ask.Header.Get("X-Amz-Target")
	ask.Header.Set("X-Amz-Target", target[:strings.LastIndex(target, ".")+1]+"GetTrail")
	answer := apicall.NewHeld()
	moto.ServeHTTP(answer, ask)
	return answer.Status == http.StatusOK
}

// mayDeliver checks that CloudTrail may use the bucket and the key of a trail.
func (t *Trails) mayDeliver(moto http.Handler, r *http.Request, q apicall.Request, in input) error {
	trail := in.Name
	if !strings.HasPrefix(trail, "arn:") {
		trail = "arn:" + t.lab.Partition + ":cloudtrail:" + q.Region + ":" + q.Caller.Account + ":trail/" + trail
	}
	who := policy.Request{Service: service, Context: map[string]string{
		"aws:SourceArn": trail, "aws:SourceAccount": q.Caller.Account, "aws:SecureTransport": "true"}}
	if in.S3BucketName != "" {
		ok, err := t.mayWrite(moto, r, in.S3BucketName, q.Caller.Account, who)
		if err != nil {
			return err
		}
		if !ok {
			return apicall.Refuse("InsufficientS3BucketPolicyException",
				"Incorrect S3 bucket policy is detected for bucket: %s", in.S3BucketName)
		}
	}
	if in.KmsKeyID == "" {
		return nil
	}
	who.Context["kms:EncryptionContext:aws:cloudtrail:arn"] = trail
	for _, who.Action = range []string{"kms:GenerateDataKey", "kms:DescribeKey"} {
		if err := t.keys.Allows(r.Context(), in.KmsKeyID, who); err != nil {
			return apicall.Refuse("InsufficientEncryptionPolicyException",
				"Insufficient permissions to access S3 bucket or KMS key %s.", in.KmsKeyID)
		}
	}
	return nil
}

// mayWrite reports whether the policy of a bucket lets CloudTrail deliver. A bucket that does not exist is moto's to
// refuse.
func (t *Trails) mayWrite(moto http.Handler, r *http.Request, bucket, account string, who policy.Request) (bool,
	error) {
	arn := "arn:" + t.lab.Partition + ":s3:::" + bucket
	who.Action, who.Resource = "s3:GetBucketAcl", arn
	ok, err := t.buckets.Serves(moto, r, bucket, who)
	if !ok || err != nil {
		return ok, err
	}
	who.Action, who.Resource = "s3:PutObject", arn+"/AWSLogs/"+account+"/CloudTrail/"
	who.Context["s3:x-amz-acl"] = "bucket-owner-full-control"
	return t.buckets.Serves(moto, r, bucket, who)
}
