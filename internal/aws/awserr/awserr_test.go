package awserr_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"testing"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"hubmend/internal/aws/awserr"
)

// api is an error as a service's answer gives it, wrapped as the SDK wraps it.
func api(code string, status int, fault smithy.ErrorFault) error {
	return &smithy.OperationError{ServiceID: "SSM", OperationName: "Start", Err: &awshttp.ResponseError{
		RequestID: "r",
		ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}},
			Err:      &smithy.GenericAPIError{Code: code, Message: "text", Fault: fault},
		},
	}}
}

func TestClasses(t *testing.T) {
	t.Parallel()
	const client, server, unknown = smithy.FaultClient, smithy.FaultServer, smithy.FaultUnknown
	for name, tc := range map[string]struct {
		err                             error
		code                            string
		throttling, denied, isTransient bool
	}{
		"Throttling": {api("Throttling", 400, unknown), "Throttling", true, false, true},
		"ThrottlingException": {api("ThrottlingException", 400, client), "ThrottlingException", true, false,
			true},
		"RequestLimitExceeded": {api("RequestLimitExceeded", 503, unknown), "RequestLimitExceeded", true, false,
			true},
		"TooManyRequestsException": {api("TooManyRequestsException", 429, client), "TooManyRequestsException", true,
			false, true},
		"too many automations": {api("AutomationExecutionLimitExceededException", 400, client),
			"AutomationExecutionLimitExceededException", true, false, true},
		"table too slow": {api("ProvisionedThroughputExceededException", 400, client),
			"ProvisionedThroughputExceededException", true, false, true},
		"AccessDenied": {api("AccessDenied", 403, unknown), "AccessDenied", false, true, false},
		"AccessDeniedException": {api("AccessDeniedException", 400, client), "AccessDeniedException", false, true,
			false},
		"UnauthorizedOperation": {api("UnauthorizedOperation", 403, unknown), "UnauthorizedOperation", false, true,
			false},
		"modelled fault of service": {api("InternalServerError", 500, server), "InternalServerError", false, false,
			true},
		"mistake of the caller": {api("InvalidParameters", 400, client), "InvalidParameters", false, false, false},
		"another error":         {errors.New("x"), "", false, false, false},
		"deadline":              {fmt.Errorf("x: %w", context.DeadlineExceeded), "", false, false, true},
		"cancelled":             {fmt.Errorf("x: %w", context.Canceled), "", false, false, true},
		"connection refused": {&url.Error{Op: "Post", Err: &net.OpError{Op: "dial", Err: errors.New("refused")}},
			"", false, false, true},
		"name not found": {&smithyhttp.RequestSendError{Err: &net.DNSError{Err: "no such host"}}, "", false,
			false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, err := range []error{tc.err, fmt.Errorf("start: %w", tc.err)} {
				if got := awserr.Code(err); got != tc.code {
					t.Errorf("Code = %q", got)
				}
				if got := awserr.IsThrottling(err); got != tc.throttling {
					t.Errorf("IsThrottling = %t", got)
				}
				if got := awserr.IsDenied(err); got != tc.denied {
					t.Errorf("IsDenied = %t", got)
				}
				if got := awserr.IsTransient(err); got != tc.isTransient {
					t.Errorf("IsTransient = %t", got)
				}
			}
		})
	}
}

func TestIsStateCode(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{
		"NoSuchEntity": true, "NoSuchPublicAccessBlockConfiguration": true, "InvalidGroup.NotFound": true,
		"ResourceNotFoundException":      true,
		"ResourceAlreadyExistsException": true, "BucketAlreadyOwnedByYou": true, "InvalidPermission.Duplicate": true,
		"FlowLogAlreadyExists": true,
		"BucketAlreadyExists":  false, "AccessDenied": false, "Throttling": false, "ValidationError": false, "": false,
	} {
		if got := awserr.IsStateCode(code); got != want {
			t.Errorf("IsStateCode(%q) = %t", code, got)
		}
	}
}

// For a code that is not in the service's model, the SDK sets no fault. The HTTP status decides.
func TestFaultsOfTheServiceAreTransient(t *testing.T) {
	t.Parallel()
	notJSON := &smithy.OperationError{Err: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: http.StatusBadGateway}},
		Err:      &smithy.DeserializationError{Err: errors.New("invalid character '<'")},
	}}
	for name, err := range map[string]error{
		"InternalFailure":    api("InternalFailure", 500, smithy.FaultUnknown),
		"ServiceUnavailable": api("ServiceUnavailable", 503, smithy.FaultUnknown),
		"an answer of HTML":  notJSON,
		"RequestTimeout":     api("RequestTimeout", 400, smithy.FaultUnknown),
	} {
		if !awserr.IsTransient(err) {
			t.Errorf("%s is final", name)
		}
	}
}

func TestMessage(t *testing.T) {
	t.Parallel()
	if got := awserr.Message(fmt.Errorf("start: %w", api("X", 400, smithy.FaultClient))); got != "X: text" {
		t.Errorf("Message = %q", got)
	}
	if got := awserr.Message(errors.New("no answer")); got != "no answer" {
		t.Errorf("Message = %q", got)
	}
}

// A code has one class at most, so that the order of the questions does not matter.
func TestCodes(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"Throttling": "throttling", "ThrottlingException": "throttling", "RequestLimitExceeded": "throttling",
		"TooManyRequestsException": "throttling",
		"AccessDenied":             "denied", "AccessDeniedException": "denied", "UnauthorizedOperation": "denied",
		"AuthorizationError": "denied", "OptInRequired": "denied",
		"InternalError": "internal", "InternalFailure": "internal", "ServiceUnavailable": "internal",
		"KMSInternalException": "internal", "RequestTimeout": "internal",
		"ValidationException": "", "InvalidGroup.NotFound": "", "NoSuchBucket": "", "throttling": "", "": "",
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			for class, is := range map[string]func(string) bool{
				"throttling": awserr.IsThrottlingCode, "internal": awserr.IsInternalCode,
				"denied": func(code string) bool { return awserr.IsDenied(&smithy.GenericAPIError{Code: code}) },
			} {
				if got := is(code); got != (class == want) {
					t.Errorf("%s is %s: %t", code, class, got)
				}
			}
		})
	}
}

func TestIsNotEnabled(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{"UnrecognizedClientException": true, "InvalidClientTokenId": true,
		"AuthFailure": true, "OptInRequired": true, "AccessDenied": false} {
		if got := awserr.IsNotEnabled(&smithy.GenericAPIError{Code: code}); got != want {
			t.Errorf("%s: %t", code, got)
		}
	}
}

func TestIsExpired(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{"ExpiredToken": true, "ExpiredTokenException": true, "RequestExpired": true,
		"AccessDenied": false, "UnrecognizedClientException": false} {
		if got := awserr.IsExpired(fmt.Errorf("look: %w", api(code, 403, smithy.FaultClient))); got != want {
			t.Errorf("%s: %v", code, got)
		}
	}
	if awserr.IsExpired(nil) {
		t.Error("no error is one")
	}
}
