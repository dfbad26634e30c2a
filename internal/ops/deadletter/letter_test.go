package deadletter_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"hubmend/internal/engine/messages"
	"hubmend/internal/ops/deadletter"
)

const (
	group   = "arn:aws:ec2:eu-west-1:222222222222:security-group/sg-0123456789abcdef0"
	finding = `{"Id":"f-1","GeneratorId":"security-control/EC2.13","Compliance":{"SecurityControlId":"EC2.13"},"Resources":[{"Id":"` + group + `"}]}`
	status  = `{"source":"aws.ssm","detail":{"ExecutionId":"0a1b2c3d-0000-4000-8000-000000000001","Status":"Success"}}`
)

func imported(findings ...string) string {
	return `{"source":"aws.securityhub","detail":{"findings":[` + strings.Join(findings, ",") + `]}}`
}

func TestAbout(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ body, want string }{
		"finding":          {imported(finding), "EC2.13 " + group},
		"several findings": {imported(finding, "{}", "1"), "EC2.13 " + group + " and 2 more"},
		"finding of one standard": {imported(`{"GeneratorId":"cis/v/1.2.0/rule/4.1","Resources":[{"Id":"sg-1"}]}`),
			"cis/v/1.2.0/rule/4.1 sg-1"},
		"finding without resource": {
			imported(`{"Id":"f-1","Compliance":{"SecurityControlId":"EC2.13"},"Resources":[]}`), "EC2.13 f-1"},
		"finding with a wrong type": {
			imported(`{"Compliance":7,"GeneratorId":"g","Resources":[{"Id":"sg-1","Type":{}}]}`), "g sg-1"},
		"resource of a wrong type": {imported(`{"Compliance":{"SecurityControlId":"EC2.13"},"Resources":[7]}`),
			"EC2.13"},
		"finding that says nothing": {imported(`{"Title":"t"}`), imported(`{"Title":"t"}`)[:60] + "..."},
		"finding that is none":      {imported(`7`), imported(`7`)},
		"no finding":                {imported(), imported()},
		"findings of a wrong type": {`{"source":"aws.securityhub","detail":{"findings":{}}}`,
			`{"source":"aws.securityhub","detail":{"findings":{}}}`},
		"status event":            {status, "execution 0a1b2c3d-0000-4000-8000-000000000001"},
		"status event without id": {`{"source":"aws.ssm","detail":{}}`, `{"source":"aws.ssm","detail":{}}`},
		"source of a wrong type": {`{"source":7,"detail":{"ExecutionId":"x"}}`,
			`{"source":7,"detail":{"ExecutionId":"x"}}`},
		"follow-up": {messages.FollowUp{Key: "hubmend-0a1b"}.Body(), "target hubmend-0a1b"},
		"undo": {
			messages.Undo{
				ID: "5fea7756-0ea4-451a-a703-a558b933e274", Key: "hubmend-0123456789abcdef0123456789abcdef",
				ExecutionID: "0b0a7756-0ea4-451a-a703-a558b933e274",
				By:          "arn:aws:iam::111111111111:user/ann", At: time.Unix(1, 0),
			}.Body(), "undo of execution 0b0a7756-0ea4-451a-a703-a558b933e274",
		},
		"follow-up without key": {messages.FollowUp{}.Body(), clip60(messages.FollowUp{}.Body())},
		"another event":         {`{"source":"aws.config"}`, `{"source":"aws.config"}`},
		"no JSON":               {"hello", "hello"},
		"nothing":               {"", ""},
		"61 characters":         {strings.Repeat("é", 61), strings.Repeat("é", 60) + "..."},
		"60 characters":         {strings.Repeat("é", 60), strings.Repeat("é", 60)},
		"several lines":         {"one\r\ntwo\tthree", "one  two three"},
		"escape sequence":       {"\x1b[2Jgone \u009b31m \u202eback \x7f", "?[2Jgone ?31m ?back ?"},
		"escape sequence in a name": {imported(`{"GeneratorId":"\u001b[2J","Resources":[{"Id":"a\nb"}]}`),
			"?[2J a b"},
		"escape sequence in execution": {`{"source":"aws.ssm","detail":{"ExecutionId":"\u001bc"}}`, "execution ?c"},
		"resource that is long": {imported(`{"Resources":[{"Id":"` + strings.Repeat("x", 5000) + `"}]}`),
			strings.Repeat("x", 200) + "..."},
		"white space": {strings.Repeat(" ", 100), strings.Repeat(" ", 60) + "..."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := deadletter.About(tc.body); got != tc.want {
				t.Errorf("About = %q, want %q", got, tc.want)
			}
		})
	}
}

func clip60(s string) string {
	if len(s) > 60 {
		return s[:60] + "..."
	}
	return s
}

func attributes(pairs ...string) map[string]types.MessageAttributeValue {
	m := map[string]types.MessageAttributeValue{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &pairs[i+1]}
	}
	return m
}

func TestReadReason(t *testing.T) {
	t.Parallel()
	const rule = "arn:aws:events:eu-west-1:111111111111:rule/hubmend-CIS4142-imported"
	for name, tc := range map[string]struct {
		attributes map[string]types.MessageAttributeValue
		want       string
	}{
		"from a function": {attributes("Reason", "the event has no id"), "the event has no id"},
		"from SQS":        {nil, "received too often; see the function's log"},
		"something else":  {attributes("Colour", "red"), "received too often; see the function's log"},
		"an empty reason": {attributes("Reason", ""), "received too often; see the function's log"},
		"a binary reason": {map[string]types.MessageAttributeValue{"Reason": {BinaryValue: []byte("x")}},
			"received too often; see the function's log"},
		"from EventBridge": {attributes("ERROR_CODE", "NO_PERMISSIONS", "ERROR_MESSAGE", "Lack of permissions",
			"RULE_ARN", rule, "TARGET_ARN", "t"),
			"EventBridge could not deliver it: NO_PERMISSIONS: Lack of permissions (rule " + rule + ")"},
		"EventBridge's code": {attributes("ERROR_CODE", "SDK_CLIENT_ERROR"),
			"EventBridge could not deliver it: SDK_CLIENT_ERROR (rule unknown)"},
		"EventBridge's message": {attributes("ERROR_MESSAGE", "no"),
			"EventBridge could not deliver it: no (rule unknown)"},
		"a function knows best":  {attributes("Reason", "r", "ERROR_CODE", "c"), "r"},
		"a reason that attacks":  {attributes("Reason", "a\x1b[31m\nb"), "a?[31m b"},
		"a reason without bound": {attributes("Reason", strings.Repeat("é", 5000)), strings.Repeat("é", 1000) + "..."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := deadletter.Read("hubmend-findings",
				types.Message{MessageAttributes: tc.attributes}).Reason; got != tc.want {
				t.Errorf("reason = %q, want %q", got, tc.want)
			}
		})
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		message types.Message
		want    deadletter.Letter
	}{
		"whole": {
			types.Message{
				MessageId: aws.String("m-1"), Body: aws.String(status), MessageAttributes: attributes("Reason", "r"),
				Attributes: map[string]string{"SentTimestamp": "1772366400123", "ApproximateReceiveCount": "7"},
			},
			deadletter.Letter{
				Queue: "outcomes", ID: "m-1", Since: time.Date(2026, 3, 1, 12, 0, 0, 123e6, time.UTC), Received: 7,
				About: "execution 0a1b2c3d-0000-4000-8000-000000000001", Reason: "r", Body: status,
			},
		},
		"attributes that cannot be read": {
			types.Message{Attributes: map[string]string{"SentTimestamp": "yesterday",
				"ApproximateReceiveCount": "often"}},
			deadletter.Letter{Queue: "outcomes", Reason: deadletter.TooOften},
		},
		"nothing": {types.Message{}, deadletter.Letter{Queue: "outcomes", Reason: deadletter.TooOften}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, deadletter.Read("hubmend-outcomes", tc.message)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPretty(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 101) + strings.Repeat("]", 101)
	hidden := `["` + strings.Repeat("]", 200) + `",` + deep + `]`
	for name, tc := range map[string]struct{ body, want string }{
		"JSON":         {`{"a":[1,"x"]}`, "{\n  \"a\": [\n    1,\n    \"x\"\n  ]\n}"},
		"no JSON":      {"a b\n\tc", "a b\n\tc"},
		"cut JSON":     {`{"a":`, `{"a":`},
		"escapes stay": {`{"a":"\u001b"}`, "{\n  \"a\": \"\\u001b\"\n}"},
		"control in JSON": {"{\"a\":\"\u009b31m\u202e\U000E0001\"}",
			"{\n  \"a\": \"\\u009b31m\\u202e\\udb40\\udc01\"\n}"},
		"control in text":      {"\x1b[2J\r", `\u001b[2J\u000d`},
		"letters":              {`"Größe 漢字"`, `"Größe 漢字"`},
		"deep":                 {deep, deep},
		"deep and hidden":      {hidden, hidden},
		"the deepest":          {strings.Repeat("[", 100) + strings.Repeat("]", 100), prettyDeep(100)},
		"nothing":              {"", ""},
		"JSON and breaks":      {"\r{}\r\n", "{}"},
		"deep JSON and breaks": {"\r" + deep + "\r", deep},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := deadletter.Pretty(tc.body); got != tc.want {
				t.Errorf("Pretty = %q, want %q", got, tc.want)
			}
		})
	}
}

// prettyDeep is so many arrays in one another, the innermost empty.
func prettyDeep(n int) string {
	text := "[]"
	for i := n - 2; i >= 0; i-- {
		pad := strings.Repeat("  ", i)
		text = "[\n" + pad + "  " + text + "\n" + pad + "]"
	}
	return text
}

// Whatever somebody put into a message, a terminal only shows it, and JSON stays what it was.
func FuzzLetter(f *testing.F) {
	for _, body := range []string{imported(finding), imported(finding, "7"), status, "\x1b[2J", "\xff\xfe",
		`{"a":"\u001b\ud800"}`, strings.Repeat("[", 500)} {
		f.Add(body, "why")
	}
	f.Fuzz(func(t *testing.T, body, why string) {
		l := deadletter.Read("hubmend-findings",
			types.Message{Body: &body, MessageId: aws.String("m"), MessageAttributes: attributes("Reason", why)})
		if l.Reason == "" {
			t.Error("there is no reason")
		}
		for _, r := range l.About + l.Reason {
			if !unicode.IsPrint(r) {
				t.Errorf("%q is not printable", l.About+l.Reason)
			}
		}
		pretty := deadletter.Pretty(body)
		for _, r := range pretty {
			if !unicode.IsPrint(r) && r != '\n' && r != '\t' {
				t.Errorf("%q is not printable", pretty)
			}
		}
		var before, after any
		if json.Unmarshal([]byte(body), &before) == nil {
			if err := json.Unmarshal([]byte(pretty), &after); err != nil || !cmp.Equal(before, after) {
				t.Errorf("%q became %q: %v", body, pretty, err)
			}
		}
	})
}
