// Package awserr tells errors of AWS calls apart: throttled, expired, denied, absent. Package failure
// decides what a failed remediation leads to.
package awserr

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"

	"hubmend/internal/aws/errorcode"
)

var expired = []string{"ExpiredToken", "ExpiredTokenException", "RequestExpired"}

// IsThrottlingCode says whether a code stands for a call that was made too often.
func IsThrottlingCode(code string) bool { return slices.Contains(errorcode.Throttling, code) }

// IsInternalCode says whether a code stands for a fault of the service.
func IsInternalCode(code string) bool { return slices.Contains(errorcode.Internal, code) }

var (
	absent  = regexp.MustCompile(`^NoSuch|NotFound|\.Unknown$`)
	present = regexp.MustCompile(`AlreadyExists|AlreadyOwnedByYou|\.Duplicate$`)
)

// NameTaken is what S3 answers when a bucket of another account has the name.
const NameTaken = "BucketAlreadyExists"

// IsStateCode says whether a code only tells how things are: something is not there, or is there already.
func IsStateCode(code string) bool {
	return code != NameTaken && (absent.MatchString(code) || present.MatchString(code))
}

// Code gives the code of an AWS error, or "".
func Code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// Message gives what the service said, without the SDK's words around it.
func Message(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return fmt.Sprintf("%s: %s", api.ErrorCode(), api.ErrorMessage())
	}
	return err.Error()
}

// IsThrottling says whether the call may succeed when it is made more slowly.
func IsThrottling(err error) bool { return IsThrottlingCode(Code(err)) }

// IsDenied says whether IAM refused the call.
func IsDenied(err error) bool { return slices.Contains(errorcode.Denied, Code(err)) }

// IsNotEnabled says whether a Region does not know the credentials, as one that the account
// has not enabled.
func IsNotEnabled(err error) bool { return slices.Contains(errorcode.NotEnabled, Code(err)) }

// IsExpired says whether the credentials were good once, and no longer are.
func IsExpired(err error) bool { return slices.Contains(expired, Code(err)) }

// IsTransient says whether the same call may succeed later by itself: throttling, a
// fault of the service, or no answer at all. It is what the SDK retries, and more, because
// a message can wait longer than a call.
func IsTransient(err error) bool {
	if IsThrottling(err) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return true
	}
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorFault() == smithy.FaultServer {
		return true
	}
	return retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) == aws.TrueTernary
}
