// Package kms checks that callers may use the keys of encrypted resources. moto stores keys and encrypts nothing.
package kms

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"hubmend/internal/aws/authz"
	"hubmend/internal/aws/policy"
	"hubmend/internal/lab/apicall"
	"hubmend/internal/lab/world"
)

// Keys knows which customer managed key encrypts which resource, and whether callers may use it. AWS checks this for
// each message and item.
type Keys struct {
	lab *world.World

	mu sync.Mutex
	of map[string]string // the ARN of a key, by the ARN of what it encrypts
}

// New gives the keys of a lab that has no encrypted resource yet.
func New(w *world.World) *Keys { return &Keys{lab: w, of: map[string]string{}} }

// Uses are the actions on the key of a resource that a call needs. Writes use a data key; SQS and SNS also check that
// they can decrypt it again.
var Uses = map[string][]string{
	"sqs:SendMessage": {"kms:GenerateDataKey", "kms:Decrypt"}, "sqs:ReceiveMessage": {"kms:Decrypt"},
	"sns:Publish":      {"kms:GenerateDataKey", "kms:Decrypt"},
	"dynamodb:GetItem": {"kms:Decrypt"}, "dynamodb:BatchGetItem": {"kms:Decrypt"}, "dynamodb:Query": {"kms:Decrypt"},
	"dynamodb:Scan":    {"kms:Decrypt"},
	"dynamodb:PutItem": {"kms:Decrypt"}, "dynamodb:UpdateItem": {"kms:Decrypt"}, "dynamodb:DeleteItem": {"kms:Decrypt"},
}

// Encrypts records that a key encrypts a resource. An empty key is a key that AWS owns.
func (k *Keys) Encrypts(resource, key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if key == "" {
		delete(k.of, resource)
		return
	}
	k.of[resource] = key
}

func (k *Keys) key(resource string) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	table, _, _ := strings.Cut(resource, "/index/") // which has the key of its table
	return k.of[table]
}

// Needs gives the permissions on keys that a call needs, besides those of its service.
func (k *Keys) Needs(call []authz.Need) []authz.Need {
	var all []authz.Need
	for _, n := range call {
		for _, resource := range n.Resources {
			key := k.key(resource)
			for _, action := range Uses[n.Action] {
				if key != "" {
					all = append(all, authz.Need{Action: action, Resources: []string{key}})
				}
			}
		}
	}
	return all
}

// Allows checks the policy of a key. If the policy delegates to IAM, the caller also needs an IAM policy.
func (k *Keys) Allows(ctx context.Context, key string, who policy.Request) error {
	text, err := k.policy(ctx, key)
	if err != nil {
		return fmt.Errorf("read the policy of the key %s: %w", key, err)
	}
	document, err := policy.Parse(text)
	if err != nil {
		return fmt.Errorf("read the policy of the key %s: %w", key, err)
	}
	who.Resource = key
	allowed, err := document.Allows(who)
	if err == nil && !allowed {
		err = fmt.Errorf("the policy of the key %s does not allow %s to %s", key, who.Service+who.Caller, who.Action)
	}
	return err
}

// Serves checks that an AWS service may perform all actions on the key of a resource, if it has one.
func (k *Keys) Serves(ctx context.Context, resource string, who policy.Request, actions ...string) error {
	key := k.key(resource)
	if key == "" {
		return nil
	}
	for _, action := range actions {
		who.Action = action
		if err := k.Allows(ctx, key, who); err != nil {
			return err
		}
	}
	return nil
}

// policy reads the policy of a key from moto.
func (k *Keys) policy(ctx context.Context, key string) (string, error) {
	part := strings.Split(key, ":")
	if len(part) != 6 {
		return "", errors.New("this is no ARN")
	}
	region, account := part[3], part[4]
	body, err := json.Marshal(map[string]string{"KeyId": key, "PolicyName": "default"})
	if err != nil {
		return "", err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, k.lab.Backend.Moto.URL(), bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "TrentService.GetKeyPolicy")
	r.Header.Set("Authorization",
		"AWS4-HMAC-SHA256 Credential="+apicall.Operator(account).AccessKeyID+"/20260101/"+region+"/kms/aws4_request")
	r.Header.Set("X-Moto-Account-Id", account)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", errors.Join(err, k.lab.Backend.Moto.Err())
	}
	defer response.Body.Close()
	var answer struct{ Policy, Message string }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusOK {
		return "", errors.New(answer.Message)
	}
	return answer.Policy, nil
}
