// Package config refuses what AWS Config refuses and moto does not. moto stores recorders and delivery channels.
package config

import (
	"encoding/json"
	"net/http"

	"hubmend/internal/aws/policy"
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/world"
)

// Channels checks delivery channels.
type Channels struct {
	lab     *world.World
	buckets buckets
}

// New gives the checks of a lab.
func New(w *world.World, b buckets) *Channels { return &Channels{lab: w, buckets: b} }

// buckets evaluates the policies of buckets.
type buckets interface {
	Owner(bucket string) (account string)
	Serves(moto http.Handler, r *http.Request, bucket string, who policy.Request) (bool, error)
}

// Serve forwards a call to moto, unless AWS Config refuses it.
func (c *Channels) Serve(moto http.Handler, w http.ResponseWriter, r *http.Request, q apicall.Request) {
	if q.API == "PutDeliveryChannel" {
		if err := c.mayDeliver(moto, r, q); err != nil {
			apicall.WriteError(w, "json", err)
			return
		}
	}
	moto.ServeHTTP(w, r)
}

// mayDeliver checks that the policy of a channel's bucket lets AWS Config look at it and write to it.
func (c *Channels) mayDeliver(moto http.Handler, r *http.Request, q apicall.Request) error {
	var in struct{ DeliveryChannel struct{ S3BucketName string } }
	if err := json.Unmarshal(q.Body, &in); err != nil {
		return nil //nolint:nilerr // moto answers it
	}
	bucket := in.DeliveryChannel.S3BucketName
	if c.buckets.Owner(bucket) == "" {
		return apicall.Refuse("NoSuchBucketException", "Cannot find a S3 bucket with an empty bucket name or %s.",
			bucket)
	}
	arn := "arn:" + c.lab.Partition + ":s3:::" + bucket
	for action, resource := range map[string]string{"s3:GetBucketAcl": arn, "s3:ListBucket": arn,
		"s3:PutObject": arn + "/AWSLogs/" + q.Caller.Account + "/Config/ConfigWritabilityCheckFile"} {
		ok, err := c.buckets.Serves(moto, r, bucket, policy.Request{Service: "config.amazonaws.com", Action: action,
			Resource: resource, Context: map[string]string{"aws:SourceAccount": q.Caller.Account,
				"aws:SecureTransport": "true", "s3:x-amz-acl": "bucket-owner-full-control"}})
		if err != nil {
			return err
		}
		if !ok {
			return apicall.Refuse("InsufficientDeliveryPolicyException",
				"Insufficient delivery policy to s3 bucket: %s, unable to write to bucket.", bucket)
		}
	}
	return nil
}
