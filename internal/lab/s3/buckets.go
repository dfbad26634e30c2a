// Package s3 checks who may use a bucket of another account. moto stores buckets and objects.
package s3

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"hubmend/internal/aws/policy"
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/world"
)

// Buckets knows the owner of each bucket. moto serves a bucket to every account, so the lab itself refuses calls that
// expect another owner, and calls from another account that the bucket policy does not allow.
type Buckets struct {
	lab       *world.World
	authority conditionKeys

	mu     sync.Mutex
	owners map[string]string // account by name
}

// New gives the buckets of a lab that has none yet.
func New(w *world.World) *Buckets { return &Buckets{lab: w, owners: map[string]string{}} }

// JudgedBy sets the source of condition keys.
func (b *Buckets) JudgedBy(authority conditionKeys) { b.authority = authority }

// conditionKeys gives the global condition keys of a call.
type conditionKeys interface {
	Context(who apicall.Caller, region, resource string) map[string]string
	Known(context map[string]string) []string
}

// Serve forwards a call of S3 to moto, if the owner of the bucket allows it.
func (b *Buckets) Serve(moto http.Handler, w http.ResponseWriter, r *http.Request, q apicall.Request) {
	name, key := bucketOf(r)
	if err := b.admit(moto, r, q, name, key); err != nil {
		apicall.WriteError(w, "rest-xml", err)
		return
	}
	if name == "" || key != "" || len(subresources(q.Query)) > 0 || r.Method != http.MethodPut &&
		r.Method != http.MethodDelete {
		moto.ServeHTTP(w, r)
		return
	}
	answer := apicall.NewHeld()
	moto.ServeHTTP(answer, r)
	if answer.Status < http.StatusMultipleChoices {
		b.note(r.Method, name, q.Caller.Account)
	}
	answer.Send(w)
}

// bucketOf reads bucket and key from the path, or the bucket from the host.
func bucketOf(r *http.Request) (name, key string) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	if host, _, _ := strings.Cut(r.Host, ":"); strings.HasSuffix(host, ".localhost") {
		return strings.TrimSuffix(host, ".localhost"), path
	}
	name, key, _ = strings.Cut(path, "/")
	return name, key
}

// subresources are the keys of a query that name a part of a bucket or an object.
func subresources(query url.Values) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(query)), func(key string) bool { return settings[key] == "" })
}

func (b *Buckets) note(method, name, account string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if method == http.MethodDelete {
		delete(b.owners, name)
		return
	}
	if b.owners[name] == "" { // in us-east-1 the owner may create it again
		b.owners[name] = account
	}
}

// Owner gives the account of a bucket, or "" if it does not exist.
func (b *Buckets) Owner(name string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.owners[name]
}

// errForeignBucket is S3's answer to an account that a bucket does not allow.
var errForeignBucket = &apicall.Error{Status: http.StatusForbidden, Code: "AccessDenied", Message: "Access Denied"}

// admit gives the error for a call that S3 refuses because of the owner of the bucket. moto refuses buckets that do not
// exist.
func (b *Buckets) admit(moto http.Handler, r *http.Request, q apicall.Request, name, key string) error {
	owner := b.Owner(name)
	if owner == "" {
		return nil
	}
	if expected := r.Header.Get("X-Amz-Expected-Bucket-Owner"); expected != "" && expected != owner {
		return errForeignBucket
	}
	if owner == q.Caller.Account || r.Method == http.MethodPut && key == "" && len(subresources(q.Query)) == 0 {
		return nil // CreateBucket, which moto refuses
	}
	allowed, err := b.lets(moto, r, q, owner, name, key)
	if err != nil {
		return &apicall.Error{Status: http.StatusNotImplemented, Code: "NotImplemented", Message: err.Error()}
	}
	if !allowed {
		return errForeignBucket
	}
	return nil
}

// lets reports whether the policy of a bucket allows a call from another account. ACLs are not evaluated.
func (b *Buckets) lets(moto http.Handler, r *http.Request, q apicall.Request, owner, name, key string) (bool, error) {
	text, err := b.policy(moto, r, owner, name)
	if text == "" || err != nil {
		return false, err
	}
	document, err := policy.Parse(text)
	if err != nil {
		return false, fmt.Errorf("the policy of the bucket %s: %w", name, err)
	}
	action, err := bucketAction(r.Method, key, subresources(q.Query))
	if err != nil {
		return false, err
	}
	resource := "arn:" + b.lab.Partition + ":s3:::" + name
	if key != "" {
		resource += "/" + key
	}
	who := policy.Request{
		Caller: cmp.Or(q.Caller.Role, q.Caller.ARN), Account: q.Caller.Account, Action: action, Resource: resource,
		Context: b.authority.Context(q.Caller, q.Region, resource),
	}
	who.Known = b.authority.Known(who.Context)
	return document.Allows(who)
}

// Serves reports whether the policy of a bucket allows a call of an AWS service. It is true for a bucket that does not
// exist, which moto refuses.
func (b *Buckets) Serves(moto http.Handler, r *http.Request, name string, who policy.Request) (bool, error) {
	owner := b.Owner(name)
	if owner == "" {
		return true, nil
	}
	ask := r.Clone(r.Context()) // moto finds the service in the signature
	ask.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+apicall.Operator(owner).AccessKeyID+
		"/20260101/us-east-1/s3/aws4_request")
	text, err := b.policy(moto, ask, owner, name)
	if text == "" || err != nil {
		return false, err
	}
	document, err := policy.Parse(text)
	if err != nil {
		return false, fmt.Errorf("the policy of the bucket %s: %w", name, err)
	}
	return document.Allows(who)
}

// policy reads the policy of a bucket from moto. It is "" if there is none.
func (b *Buckets) policy(moto http.Handler, r *http.Request, owner, name string) (string, error) {
	ask, err := http.NewRequestWithContext(r.Context(), http.MethodGet, b.lab.Endpoint+"/"+name+"?policy", nil)
	if err != nil {
		return "", err
	}
	ask.Header.Set("X-Moto-Account-Id", owner)
	ask.Header.Set("Authorization", r.Header.Get("Authorization"))
	answer := apicall.NewHeld()
	moto.ServeHTTP(answer, ask)
	switch answer.Status {
	case http.StatusOK:
		text, err := io.ReadAll(&answer.Body)
		return string(text), err
	case http.StatusNotFound:
		return "", nil
	}
	return "", errors.New("read the policy of the bucket " + name + ": " + answer.Body.String())
}

// settings maps subresources in the query of a call to their names in IAM actions.
var settings = map[string]string{
	"accelerate": "AccelerateConfiguration", "acl": "BucketAcl", "cors": "BucketCORS",
	"encryption": "EncryptionConfiguration",
	"lifecycle":  "LifecycleConfiguration", "location": "BucketLocation", "logging": "BucketLogging",
	"notification": "BucketNotification",
	"object-lock":  "BucketObjectLockConfiguration", "ownershipControls": "BucketOwnershipControls",
	"policy":       "BucketPolicy",
	"policyStatus": "BucketPolicyStatus", "publicAccessBlock": "BucketPublicAccessBlock",
	"replication":    "ReplicationConfiguration",
	"requestPayment": "BucketRequestPayment", "tagging": "BucketTagging", "versioning": "BucketVersioning",
	"website": "BucketWebsite",
	"uploads": "BucketMultipartUploads", "versions": "BucketVersions",
}

// bucketAction names the IAM action that a call of S3 needs.
func bucketAction(method, key string, about []string) (string, error) {
	read := method == http.MethodGet || method == http.MethodHead
	plain := map[bool]map[string]string{
		true: {http.MethodGet: "ListBucket", http.MethodHead: "ListBucket", http.MethodDelete: "DeleteBucket",
			http.MethodPost: "DeleteObject"},
		false: {http.MethodGet: "GetObject", http.MethodHead: "GetObject", http.MethodPut: "PutObject",
			http.MethodPost: "PutObject", http.MethodDelete: "DeleteObject"},
	}[key == ""][method]
	switch {
	case len(about) == 0 && plain != "":
		return "s3:" + plain, nil
	case len(about) != 1 || key != "":
		return "", fmt.Errorf("the lab does not know the IAM action of %s %v in a bucket of another account",
			method, about)
	case about[0] == "uploads" || about[0] == "versions":
		return "s3:List" + settings[about[0]], nil
	case read:
		return "s3:Get" + settings[about[0]], nil
	case method == http.MethodDelete && (about[0] == "policy" || about[0] == "website"):
		return "s3:Delete" + settings[about[0]], nil
	}
	return "s3:Put" + settings[about[0]], nil
}
