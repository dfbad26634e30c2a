package lab_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"hubmend/internal/lab"
)

func TestGateway(t *testing.T) {
	t.Parallel()
	w := up(t, stacks{})

	t.Run("requests that are not the lab's", func(t *testing.T) {
		t.Parallel()
		signed := func(key string) string {
			return "AWS4-HMAC-SHA256 Credential=" + key +
				"/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=00"
		}
		for name, tc := range map[string]struct {
			path, authorization string
			status              int
			says                string
		}{ // each is a POST of Action=DescribeVpcs
			"a click that is none": {lab.ClickPath, "", http.StatusBadRequest, "invalid character"},
			"unsigned":             {"/", "", http.StatusForbidden, "not signed with credentials of the lab"},
			"another scheme":       {"/", "Bearer x", http.StatusForbidden, "not signed with credentials of the lab"},
			"a key of AWS":         {"/", signed("AKIAIOSFODNN7EXAMPLE"), http.StatusForbidden, "hubmend lab up"},
			"a session of nobody":  {"/", signed("ASIA0123456789ABCDEF"), http.StatusForbidden, "hubmend lab up"},
			"response for nothing": {"/lab/responses/nobody", "", http.StatusNotFound, "this response is not expected"},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.Endpoint()+tc.path,
					strings.NewReader("Action=DescribeVpcs"))
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Authorization", tc.authorization)
				response, err := http.DefaultClient.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				defer response.Body.Close()
				body, err := io.ReadAll(response.Body)
				if err != nil || response.StatusCode != tc.status || !strings.Contains(string(body), tc.says) {
					t.Errorf("answers %s: %s, %v", response.Status, body, err)
				}
			})
		}
	})

	// A page can send this without asking, from any site that a browser has open.
	t.Run("requests of a browser", func(t *testing.T) {
		t.Parallel()
		const body = `{"Name": "evil", "DocumentType": "Automation", "Content": "{\"schemaVersion\": \"0.3\", \"mainSteps\": [{\"name\": \"nap\", \"action\": \"aws:sleep\", \"inputs\": {\"Duration\": \"PT0S\"}}]}", "x": "&Action=CreateDocument&"}`
		for _, header := range []string{"Origin", "Sec-Fetch-Site"} {
			url := w.Endpoint() + "/?X-Amz-Credential=AKIA" + member + "/20260101/us-east-1/ssm/aws4_request"
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set(header, "https://evil.example")
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			if response.StatusCode != http.StatusForbidden {
				t.Errorf("with %s it answers %s", header, response.Status)
			}
		}
		w.refused(t, member, "ssm", "DescribeDocument", object{"Name": "evil"}, "InvalidDocument", "")
	})

	t.Run("services that the lab lacks", func(t *testing.T) {
		t.Parallel()
		// One for each protocol, because an error in the wrong one reaches nobody.
		w.refused(t, member, "eks", "ListClusters", object{}, "NotImplemented", "the lab has no service eks")
		w.refused(t, member, "athena", "ListWorkGroups", object{}, "NotImplemented", "the lab has no service athena")
		w.refused(t, member, "autoscaling", "DescribeAutoScalingGroups", object{}, "NotImplemented",
			"the lab has no service autoscaling")
		w.refused(t, member, "securityhub", "ListMembers", object{}, "NotImplemented", "GET /members")
		w.refused(t, member, "lambda", "ListFunctions", object{}, "NotImplemented",
			"the lab does not have GET /2015-03-31/functions of Lambda")
		w.refused(t, member, "events", "ListEventBuses", object{}, "NotImplemented",
			"the lab does not have ListEventBuses of EventBridge")
	})

	t.Run("accounts and Regions are apart", func(t *testing.T) {
		t.Parallel()
		id := at(w.call(t, member, "ec2", "CreateSecurityGroup", object{"GroupName": "web", "Description": "d"}),
			"GroupId")
		w.call(t, member, "ec2", "DescribeSecurityGroups", object{"GroupIds": []any{id}})
		w.refused(t, admin, "ec2", "DescribeSecurityGroups", object{"GroupIds": []any{id}}, "InvalidGroup.NotFound", "")
		_, err := w.Call(t.Context(),
			lab.Call{Account: member, Region: linked, Service: "ec2", API: "DescribeSecurityGroups",
				Input: object{"GroupIds": []any{id}}})
		if err == nil {
			t.Error("the group is in the other Region too")
		}
	})

	t.Run("calls are counted", func(t *testing.T) {
		t.Parallel()
		w.call(t, "444444444444", "dynamodb", "ListTables", object{})
		w.call(t, "444444444444", "sns", "ListTopics", object{})
		var got []string
		for _, c := range w.Calls() {
			if c.Caller == "arn:aws:iam::444444444444:user/lab-operator" {
				got = append(got, c.Service+":"+c.API)
			}
		}
		if want := []string{"dynamodb:ListTables", "sns:ListTopics"}; !slices.Equal(got, want) {
			t.Errorf("calls are %q, want %q", got, want)
		}
	})

	t.Run("notices", func(t *testing.T) {
		t.Parallel()
		arn := at(w.call(t, admin, "sns", "CreateTopic", object{"Name": "people"}), "TopicArn")
		w.call(t, admin, "sns", "Publish", object{"TopicArn": arn, "Subject": "Read me", "Message": "a & b"})
		if got := w.Notices(); len(got) != 1 || got[0].Topic != arn || got[0].Subject != "Read me" ||
			got[0].Message != "a & b" {
			t.Errorf("Notices = %+v", got)
		}
	})
}
