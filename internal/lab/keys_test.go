package lab_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hubmend/internal/lab"
	"hubmend/test/labtest"
)

// ownKey is a key that its account owns, and that services may use as the statements say.
func ownKey(statements ...any) object {
	all := []any{object{"Effect": "Allow", "Principal": object{"AWS": "arn:aws:iam::" + admin + ":root"},
		"Action": "kms:*", "Resource": "*"}}
	return resource("AWS::KMS::Key", object{
		"EnableKeyRotation": true,
		"KeyPolicy":         object{"Version": "2012-10-17", "Statement": append(all, statements...)},
	})
}

var keyOfStack = object{"Fn::GetAtt": []any{"Key", "Arn"}}

func letService(service string, conditions object, actions ...any) object {
	s := object{"Effect": "Allow", "Principal": object{"Service": service}, "Action": actions, "Resource": "*"}
	if conditions != nil {
		s["Condition"] = conditions
	}
	return s
}

// A role needs the key for what it reads and writes, and both the key's policy and its own let it.
func TestRolesAndKeys(t *testing.T) {
	t.Parallel()
	const anything = "*"
	calls := resources{
		"Key":   ownKey(),
		"Queue": resource("AWS::SQS::Queue", object{"QueueName": "q", "KmsMasterKeyId": keyOfStack}),
		"Topic": resource("AWS::SNS::Topic", object{"TopicName": "t", "KmsMasterKeyId": keyOfStack}),
		"Table": resource("AWS::DynamoDB::Table", object{
			"TableName": "t", "BillingMode": "PAY_PER_REQUEST",
			"AttributeDefinitions": []any{object{"AttributeName": "pk", "AttributeType": "S"}},
			"KeySchema":            []any{object{"AttributeName": "pk", "KeyType": "HASH"}},
			"SSESpecification":     object{"SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": keyOfStack},
		}),
	}
	role := func(name string, actions ...any) {
		calls[name] = resource("AWS::IAM::Role", object{
			"RoleName": name, "AssumeRolePolicyDocument": trust(
				object{"AWS": "arn:aws:iam::" + admin + ":user/lab-operator"}, nil),
			"Policies": []any{object{"PolicyName": "own",
				"PolicyDocument": statement(object{"Effect": "Allow", "Action": actions, "Resource": anything})}},
		})
	}
	role("without", "sqs:*", "sns:*", "dynamodb:*")
	role("reads", "sqs:*", "sns:*", "dynamodb:*", "kms:Decrypt")
	role("writes", "sqs:*", "sns:*", "dynamodb:*", "kms:Decrypt", "kms:GenerateDataKey")
	w, worker := enforcing(t, stacks{admin: calls})
	url := w.Endpoint() + "/" + admin + "/q"
	s := func(v string) object { return object{"S": v} }
	for name, want := range map[string]map[string]string{
		"without": {"send": "kms:GenerateDataKey", "receive": "kms:Decrypt", "publish": "kms:GenerateDataKey",
			"get": "kms:Decrypt", "put": "kms:Decrypt"},
		"reads": {"send": "kms:GenerateDataKey", "receive": "", "publish": "kms:GenerateDataKey", "get": "",
			"put": ""},
		"writes": {"send": "", "receive": "", "publish": "", "get": "", "put": ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			session := w.sessionOf(t, worker, "arn:aws:iam::"+admin+":role/"+name)
			got := map[string]string{}
			for what, c := range map[string]struct {
				service, api string
				input        object
			}{
				"send":    {"sqs", "SendMessage", object{"QueueUrl": url, "MessageBody": "x"}},
				"receive": {"sqs", "ReceiveMessage", object{"QueueUrl": url}},
				"publish": {"sns", "Publish",
					object{"TopicArn": "arn:aws:sns:us-east-1:" + admin + ":t", "Message": "x"}},
				"get": {"dynamodb", "GetItem", object{"TableName": "t", "Key": object{"pk": s("a")}}},
				"put": {"dynamodb", "PutItem", object{"TableName": "t", "Item": object{"pk": s("a")}}},
			} {
				_, message := session.call(t, c.service, c.api, c.input)
				_, lacking, _ := strings.Cut(message, "not authorized to perform: ")
				lacking, _, _ = strings.Cut(lacking, " ")
				got[what] = lacking
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("what is lacking (-want +got):\n%s", diff)
			}
		})
	}
}

// EventBridge acts as itself, so that only the policy of the key lets it.
func TestRulesAndKeys(t *testing.T) {
	t.Parallel()
	own := object{"StringEquals": object{"aws:SourceAccount": admin}}
	for name, tc := range map[string]struct {
		key       object
		delivered bool
	}{
		"allowed": {ownKey(letService("events.amazonaws.com", own, "kms:GenerateDataKey", "kms:Decrypt")),
			true},
		"nobody":     {ownKey(), false},
		"half of it": {ownKey(letService("events.amazonaws.com", own, "kms:GenerateDataKey")), false},
		"another service": {ownKey(letService("sns.amazonaws.com", own, "kms:GenerateDataKey", "kms:Decrypt")),
			false},
		"of other accounts": {
			ownKey(letService("events.amazonaws.com", object{"StringEquals": object{"aws:SourceAccount": member}},
				"kms:GenerateDataKey", "kms:Decrypt")), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := up(t, stacks{admin: resources{
				"Key": tc.key, "Queue": resource("AWS::SQS::Queue",
					object{"QueueName": "q", "KmsMasterKeyId": keyOfStack}), "Policy": allow("q", "arn:aws:events:*"),
				"Rule": onBus("default", "tell", object{"source": []any{"shop"}},
					object{"Id": "t", "Arn": queueARN("q")}),
			}})
			w.call(t, admin, "events", "PutEvents", object{"Entries": []any{put(nil)}})
			w.quiet(t)
			if delivered := len(w.received(t, "q")) == 1; delivered != tc.delivered ||
				delivered == (len(w.problems()) > 0) {
				t.Errorf("delivered: %t, problems %q", delivered, w.problems())
			}
		})
	}
}

// CloudWatch Logs refuses a key that it cannot use for the log group.
func TestLogsAndKeys(t *testing.T) {
	t.Parallel()
	use := []any{"kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"}
	groups := func(pattern string) object {
		return object{"ArnLike": object{"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:us-east-1:" + admin +
			":log-group:" + pattern}}
	}
	for name, tc := range map[string]struct {
		key  object
		says string
	}{
		"allowed": {ownKey(letService("logs.us-east-1.amazonaws.com", groups("ours-*"), use...)), ""},
		"nobody":  {ownKey(), "does not allow logs.us-east-1.amazonaws.com to kms:Encrypt"},
		"another group": {ownKey(letService("logs.us-east-1.amazonaws.com", groups("theirs-*"), use...)),
			"does not allow"},
		"another Region": {ownKey(letService("logs.eu-west-1.amazonaws.com", groups("ours-*"), use...)),
			"does not allow"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config(t, stacks{admin: resources{
				"Key": tc.key, "Logs": resource("AWS::Logs::LogGroup",
					object{"LogGroupName": "ours-1", "KmsKeyId": keyOfStack}),
			}}.synthesize(t))
			c.Backend = labtest.Backend(t, c)
			l, err := lab.Start(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			err = l.Deploy(t.Context())
			if (err == nil) != (tc.says == "") || err != nil && !strings.Contains(err.Error(), tc.says) {
				t.Errorf("Deploy = %v, want %q", err, tc.says)
			}
		})
	}
}
