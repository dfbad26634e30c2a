package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/smithy-go"
)

func TestAWSProblem(t *testing.T) {
	t.Parallel()
	api := func(code, message string) error {
		return &smithy.OperationError{ServiceID: "SQS", OperationName: "SendMessage",
			Err: &smithy.GenericAPIError{Code: code, Message: message}}
	}
	silent := &smithy.OperationError{ServiceID: "SQS", OperationName: "SendMessage", Err: errors.New("no such host")}
	for name, tc := range map[string]struct {
		region string
		err    error
		want   string
	}{
		"a key that is gone": {"us-east-1", api("KMS.NotFoundException", "Key k does not exist"),
			"the KMS key in us-east-1 cannot be used: it was deleted or disabled, or its key policy"},
		"a key that is denied": {"us-east-1", api("AccessDeniedException", "not authorized to perform: kms:Decrypt"),
			"the KMS key in us-east-1 cannot be used"},
		"denied": {"us-east-1", api("AccessDeniedException", "not authorized to perform: sqs:SendMessage"),
			"access denied for these AWS credentials: "},
		"silent": {"us-east-1", silent,
			"AWS does not respond in us-east-1; check AWS_REGION, AWS_ENDPOINT_URL and the network ("},
		"silent, where no Region is": {"us-east-9", silent,
			"AWS does not respond in us-east-9 (did you mean us-east-1?); check AWS_REGION, "},
	} {
		if got := awsProblem(tc.region, tc.err).Error(); !strings.HasPrefix(got, tc.want) {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

// A member account has no Hubmend, and its Security Hub knows where to go.
func TestNotDeployedNamesTheAdministrator(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch target := r.Header.Get("X-Amz-Target"); {
		case r.URL.Path == "/administrator":
			fmt.Fprint(w, `{"Administrator": {"AccountId": "111111111111"}}`)
		case strings.HasPrefix(target, "AmazonSQS"):
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"__type": "com.amazonaws.sqs#QueueDoesNotExist"}`)
		default:
			fmt.Fprint(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::222222222222:user/pat</Arn>`+
				`<Account>222222222222</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
		}
	}))
	t.Cleanup(server.Close)
	s := terminal{env: slices.Concat(nobody, []string{"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=x",
		"AWS_SECRET_ACCESS_KEY=y", "AWS_ENDPOINT_URL=" + server.URL})}
	for _, args := range []string{"remediate --control EC2.13 --resource sg-1", "undo sg-1", "dlq list"} {
		s.says(t, exitUsage, args, "Hubmend is not deployed in account 222222222222, us-east-1: ",
			"use credentials of the administrator's account (111111111111) in the home Region")
	}
}

func TestLabUpOnABusyPort(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts Python")
	}
	busy, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it is closed at once
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	port := busy.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // of a TCP listener
	code, _, stderr := hubmend(t, nil, "lab", "up", "--empty", "--port", strconv.Itoa(port))
	if want := fmt.Sprintf("hubmend: port %d is in use; choose another with --port", port); code != exitUsage ||
		!strings.HasPrefix(stderr, want) {
		t.Errorf("exits with %d and says %q", code, stderr)
	}
}
