package policy_test

import (
	"testing"

	"hubmend/internal/aws/policy"
)

func TestAllows(t *testing.T) {
	t.Parallel()
	const (
		queue = `{"Statement":[
			{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"arn:aws:sqs:us-east-1:1:q",
			 "Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:events:us-east-1:1:rule/hubmend-*"},"StringEquals":{"aws:SourceAccount":"1"}}},
			{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`
		onlyRole = `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::1:root"},"Action":"sts:AssumeRole","Condition":{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::1:role/a"}}}]}`
		trust    = `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::1:role/a"},"Action":"sts:AssumeRole"}]}`
	)
	rule := func(arn string, more ...string) policy.Request {
		context := map[string]string{"aws:SourceArn": arn, "aws:SourceAccount": "1", "aws:SecureTransport": "true"}
		for i := 0; i < len(more); i += 2 {
			context[more[i]] = more[i+1]
		}
		return policy.Request{Service: "events.amazonaws.com", Action: "sqs:SendMessage",
			Resource: "arn:aws:sqs:us-east-1:1:q", Context: context}
	}
	for name, tc := range map[string]struct {
		document string
		request  policy.Request
		want     bool
		wantErr  bool
	}{
		"rule": {queue, rule("arn:aws:events:us-east-1:1:rule/hubmend-x"), true, false},
		"rule on a bus": {queue, rule("arn:aws:events:us-east-1:1:rule/hubmend-bus/hubmend-x"), true,
			false},
		"other rule": {queue, rule("arn:aws:events:us-east-1:1:rule/x"), false, false},
		"other account": {queue,
			rule("arn:aws:events:us-east-1:1:rule/hubmend-x", "aws:SourceAccount", "2"), false, false},
		"deny wins": {queue,
			rule("arn:aws:events:us-east-1:1:rule/hubmend-x", "aws:SecureTransport", "false"), false, false},
		"other service": {queue,
			policy.Request{Service: "sns.amazonaws.com", Action: "sqs:SendMessage"}, false, false},
		"trusted role": {trust,
			policy.Request{Caller: "arn:aws:iam::1:role/a", Account: "1", Action: "sts:AssumeRole"}, true, false},
		"other role": {trust,
			policy.Request{Caller: "arn:aws:iam::1:role/b", Account: "1", Action: "sts:AssumeRole"}, false, false},
		"trusted by id": {`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"AROA1"},"Action":"*"}]}`,
			policy.Request{Caller: "arn:aws:iam::1:role/a", CallerID: "AROA1", Account: "1", Action: "sts:AssumeRole"},
			true, false},
		"created again": {`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"AROA1"},"Action":"*"}]}`,
			policy.Request{Caller: "arn:aws:iam::1:role/a", CallerID: "AROA2", Account: "1", Action: "sts:AssumeRole"},
			false, false},
		"the account, for one role": {onlyRole,
			policy.Request{Caller: "arn:aws:iam::1:role/a", Account: "1", Action: "sts:AssumeRole",
				Context: map[string]string{"aws:PrincipalArn": "arn:aws:iam::1:role/a"}}, true, false},
		"the account, another role": {onlyRole,
			policy.Request{Caller: "arn:aws:iam::1:role/b", Account: "1", Action: "sts:AssumeRole",
				Context: map[string]string{"aws:PrincipalArn": "arn:aws:iam::1:role/b"}}, false, false},
		"the account, a path before it": {onlyRole,
			policy.Request{Caller: "arn:aws:iam::1:role/p/a", Account: "1", Action: "sts:AssumeRole",
				Context: map[string]string{"aws:PrincipalArn": "arn:aws:iam::1:role/p/a"}}, false, false},
		"another account, its role": {onlyRole,
			policy.Request{Caller: "arn:aws:iam::2:role/a", Account: "2", Action: "sts:AssumeRole",
				Context: map[string]string{"aws:PrincipalArn": "arn:aws:iam::2:role/a"}}, false, false},
		"account root": {
			`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::1:root"},"Action":"*"}]}`,
			policy.Request{Caller: "arn:aws:iam::1:role/b", Account: "1", Action: "sts:AssumeRole"}, true, false},
		"missing key": {
			`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"a:B","Condition":{"StringEquals":{"k":"v"}}}]}`,
			policy.Request{Caller: "x", Action: "a:B"}, false, false},
		"if exists": {
			`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"a:B","Condition":{"StringEqualsIfExists":{"k":"v"}}}]}`, policy.Request{Caller: "x", Action: "a:b"}, true, false},
		"unknown operator": {
			`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"a:B","Condition":{"Odd":{"k":"v"}}}]}`,
			policy.Request{Caller: "x", Action: "a:B"}, false, true},
		"unknown element": {`{"Statement":[{"Effect":"Allow","NotPrincipal":"*","Action":"a:B"}]}`,
			policy.Request{}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := policy.Parse(tc.document)
			if err == nil {
				var got bool
				got, err = d.Allows(tc.request)
				if got != tc.want {
					t.Errorf("Allows = %v, want %v", got, tc.want)
				}
			}
			if (err != nil) != tc.wantErr {
				t.Errorf("error = %v, want one: %v", err, tc.wantErr)
			}
		})
	}
}
