package lab_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fromMember matches an event of Security Hub in the member's own bus, and so does not in
// that of the administrator, to which Security Hub sends one of its own.
var fromMember = object{"source": []any{"aws.securityhub"}, "account": []any{member}, "region": []any{home}}

var inAdmin = object{"source": []any{"aws.securityhub"}, "account": []any{admin}}

func queueARN(name string) string { return "arn:aws:sqs:us-east-1:" + admin + ":" + name }

func busARN(name string) string { return "arn:aws:events:us-east-1:" + admin + ":event-bus/" + name }

func queue(name string) object { return resource("AWS::SQS::Queue", object{"QueueName": name}) }

// allow is a queue policy that lets rules with an ARN send.
func allow(name, rules string) object {
	return resource("AWS::SQS::QueuePolicy", object{
		"Queues": []any{"http://queues/" + admin + "/" + name},
		"PolicyDocument": statement(object{"Effect": "Allow", "Principal": object{"Service": "events.amazonaws.com"},
			"Action":   "sqs:SendMessage",
			"Resource": queueARN(name), "Condition": object{"ArnLike": object{"aws:SourceArn": rules}}}),
	})
}

// onBus is a rule with one target.
func onBus(bus, name string, pattern, target object) object {
	return resource("AWS::Events::Rule",
		object{"Name": name, "EventBusName": bus, "EventPattern": pattern, "Targets": []any{target}})
}

// received takes all messages of a queue of the administrator's and gives their detail types.
func (w world) received(t *testing.T, name string) []string {
	t.Helper()
	out := w.call(t, admin, "sqs", "ReceiveMessage",
		object{"QueueUrl": w.Endpoint() + "/" + admin + "/" + name, "MaxNumberOfMessages": 10})
	var all []string
	messages, _ := out["Messages"].([]any)
	for _, m := range messages {
		body, _ := at(m, "Body").(string)
		var e struct {
			Account    string
			DetailType string `json:"detail-type"`
		}
		if err := json.Unmarshal([]byte(body), &e); err != nil {
			t.Fatal(err)
		}
		all = append(all, e.Account+" "+e.DetailType)
	}
	slices.Sort(all)
	return all
}

// An event reaches a target only if everything that AWS asks for is there; what is missing
// shows as a problem.
func TestDelivery(t *testing.T) {
	t.Parallel()
	to := func(arn string) object { return object{"Id": "t", "Arn": arn} }
	with := func(role, arn string) object {
		return object{"Id": "t", "Arn": arn, "RoleArn": "arn:aws:iam::" + member + ":role/" + role}
	}
	events := object{"Service": "events.amazonaws.com"}
	disabled := onBus("default", "off", inAdmin, to(queueARN("off")))
	disabled["Properties"].(object)["State"] = "DISABLED"
	w := up(t, stacks{
		admin: resources{
			"Open": queue("open"), "OpenPolicy": allow("open", "arn:aws:events:us-east-1:111111111111:rule/*"),
			"Closed":        queue("closed"),
			"Another":       queue("another"),
			"AnotherPolicy": allow("another", "arn:aws:events:us-east-1:111111111111:rule/not-this"),
			"Off":           queue("off"), "OffPolicy": allow("off", "*"),
			"Forwarded":       queue("forwarded"),
			"ForwardedPolicy": allow("forwarded", "arn:aws:events:us-east-1:111111111111:rule/friends/*"),
			"ToOpen":          onBus("default", "to-open", inAdmin, to(queueARN("open"))),
			"ToClosed":        onBus("default", "to-closed", inAdmin, to(queueARN("closed"))),
			"ToAnother":       onBus("default", "to-another", inAdmin, to(queueARN("another"))),
			"ToOff":           disabled,
			"ToStream": onBus("default", "to-stream", inAdmin,
				to("arn:aws:firehose:us-east-1:111111111111:people")),

			"Friends": resource("AWS::Events::EventBus", object{"Name": "friends"}),
			"FriendsPolicy": resource("AWS::Events::EventBusPolicy",
				object{"EventBusName": object{"Ref": "Friends"}, "StatementId": "members", "Statement": object{
					"Effect": "Allow", "Principal": "*", "Action": "events:PutEvents", "Resource": busARN("friends"),
					"Condition": object{
						"StringEquals": object{"aws:PrincipalOrgID": object{"Ref": "OrganizationId"}}}}}),
			"Strangers": resource("AWS::Events::EventBus", object{"Name": "strangers"}),
			"Pass":      onBus("friends", "pass", fromMember, to(queueARN("forwarded"))),
		},
		roles: resources{
			"Forward": resource("AWS::IAM::Role",
				object{"RoleName": "forward", "AssumeRolePolicyDocument": trust(events, nil)}),
			"Other": resource("AWS::IAM::Role",
				object{"RoleName": "other",
					"AssumeRolePolicyDocument": trust(object{"Service": "lambda.amazonaws.com"}, nil)}),
		},
		runbooks: resources{
			"ToFriends":   onBus("default", "to-friends", fromMember, with("forward", busARN("friends"))),
			"ToStrangers": onBus("default", "to-strangers", fromMember, with("forward", busARN("strangers"))),
			"ToNobody":    onBus("default", "to-nobody", fromMember, with("forward", busARN("nobody"))),
			"NoRole":      onBus("default", "no-role", fromMember, to(busARN("friends"))),
			"OtherRole":   onBus("default", "other-role", fromMember, with("other", busARN("friends"))),
		},
	})
	if problem := w.importOne(t, member, asff("f", nil)); problem != "" {
		t.Fatal(problem)
	}
	w.quiet(t)

	imported := "Security Hub Findings - Imported"
	for name, want := range map[string][]string{
		"open": {admin + " " + imported}, "forwarded": {member + " " + imported}, "closed": nil, "another": nil,
		"off": nil,
	} {
		if diff := cmp.Diff(want, w.received(t, name)); diff != "" {
			t.Errorf("queue %s (-want +got):\n%s", name, diff)
		}
	}
	want := []string{
		"rule no-role cannot deliver to " + busARN("friends") + ": a bus as target needs a role",
		"rule other-role cannot deliver to " + busARN("friends") +
			": its trust policy does not allow events.amazonaws.com",
		"rule to-another cannot deliver to " + queueARN("another") +
			": the policy of queue another does not allow events.amazonaws.com from " +
			"arn:aws:events:us-east-1:111111111111:rule/to-another",
		"rule to-closed cannot deliver to " + queueARN("closed") +
			": the policy of queue closed does not allow events.amazonaws.com from " +
			"arn:aws:events:us-east-1:111111111111:rule/to-closed",
		"rule to-nobody cannot deliver to " + busARN("nobody") + ": bus nobody not found in 111111111111/us-east-1",
		"rule to-strangers cannot deliver to " + busARN("strangers") +
			": the policy of bus strangers does not allow account " + member,
		"rule to-stream cannot deliver to arn:aws:firehose:us-east-1:111111111111:people: the lab delivers to " +
			"queues, buses, functions and topics, not to firehose",
	}
	if diff := cmp.Diff(want, w.problems()); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}
