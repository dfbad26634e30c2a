// Package trailevent knows what CloudTrail calls an API call.
package trailevent

import "strings"

// renamed are the calls that CloudTrail has by another name than the API.
var renamed = map[string]string{
	"s3:PutPublicAccessBlock":           "PutBucketPublicAccessBlock",
	"s3:DeletePublicAccessBlock":        "DeleteBucketPublicAccessBlock",
	"s3control:PutPublicAccessBlock":    "PutAccountPublicAccessBlock",
	"s3control:DeletePublicAccessBlock": "DeleteAccountPublicAccessBlock",
}

// Name returns the name of the event of a call, which is in botocore's spelling, such as s3:PutBucketPolicy.
func Name(call string) string {
	if name := renamed[call]; name != "" {
		return name
	}
	_, api, _ := strings.Cut(call, ":")
	return api
}
