package automation

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/smithy-go"

	"hubmend/internal/aws/ssmtext"
)

// The stages that the service names in its messages.
const (
	validating = "Validating inputs"
	executing  = "Execute/Cancelling action"
	polling    = ssmtext.Polling
)

// failure is why a step did not succeed.
type failure struct {
	status Status // Failed, TimedOut or Cancelled
	kind   FailureType
	stage  string
	reason string
	step   string // where the execution was decided; set by sequence
	// inherited says that a step inside a loop aborted: the loop takes over its end,
	// whatever the loop's own onFailure says.
	inherited bool
}

func (f *failure) Error() string { return f.reason }

// at gives the failure as one of the step, unless a step inside it had it first.
func (f *failure) at(step string) *failure {
	located := *f
	if located.step == "" {
		located.step = step
	}
	return &located
}

// message is the failure in the service's words.
func (f *failure) message() string {
	verb := "Step fails when it is "
	switch f.status {
	case TimedOut:
		verb = "Step timed out while step is "
	case Cancelled:
		return "Step is cancelled."
	}
	return verb + f.stage + ". " + f.reason + ssmtext.Guide
}

// asFailure gives the failure in an error. A context that ended for another reason
// than a step's timeout was ended by the caller.
func asFailure(err error) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return &failure{status: Cancelled, kind: ActionFailure, reason: "the execution was cancelled"}
	}
	return &failure{status: Failed, kind: ActionFailure, stage: executing, reason: err.Error()}
}

// apiFailure puts the error of a call into the words of botocore, which the service quotes.
func apiFailure(api string, err error) *failure {
	f := &failure{status: Failed, kind: InternalFailure, stage: executing, reason: fmt.Sprintf("call %s: %v", api, err)}
	var answer smithy.APIError
	if !errors.As(err, &answer) {
		return f
	}
	f.kind = classify(answer)
	f.reason = answer.ErrorMessage()
	if code := answer.ErrorCode(); code != "" {
		f.reason = fmt.Sprintf("An error occurred (%s) when calling the %s operation: %s", code, api,
			answer.ErrorMessage())
	}
	return f
}

var (
	permissionCodes = []string{
		"AccessDenied", "AccessDeniedException", "AccessDeniedFault", "AuthFailure", "AuthorizationError",
		"AuthorizationErrorException", "ExpiredToken", "InvalidClientTokenId", "NotAuthorized",
		"UnauthorizedAccess", "UnauthorizedException", "UnauthorizedOperation", "UnrecognizedClientException",
	}
	throttlingCodes = []string{
		"BandwidthLimitExceeded", "EC2ThrottledException", "PriorRequestNotComplete",
		"ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestThrottled",
		"RequestThrottledException", "SlowDown", "ThrottledException", "Throttling", "ThrottlingException",
		"TooManyRequestsException",
	}
	internalCodes = []string{
		"InternalError", "InternalFailure", "InternalServerError", "InternalServerException",
		"InternalServiceError", "InternalServiceException", "KMSInternalException", "ServiceFailure",
		"ServiceUnavailable", "ServiceUnavailableException", "Unavailable",
	}
)

func classify(err smithy.APIError) FailureType {
	code := err.ErrorCode()
	switch {
	case slices.Contains(permissionCodes, code):
		return PermissionFailure
	case slices.Contains(throttlingCodes, code):
		return ThrottlingFailure
	case slices.Contains(internalCodes, code), err.ErrorFault() == smithy.FaultServer:
		return InternalFailure
	}
	return ActionFailure
}
