// Package awserr classifies errors of AWS calls: throttled, expired, denied, absent. Package failure decides how
// Hubmend reacts to a failed remediation.
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

// IsThrottlingCode reports whether a code means that calls were made too often.
func IsThrottlingCode(code string) bool { return slices.Contains(errorcode.Throttling, code) }

// IsInternalCode reports whether a code means a fault of the service.
func IsInternalCode(code string) bool { return slices.Contains(errorcode.Internal, code) }

var (
	absent  = regexp.MustCompile(`^NoSuch|NotFound|\.Unknown$`)
	present = regexp.MustCompile(`AlreadyExists|AlreadyOwnedByYou|\.Duplicate$`)
)

// NameTaken is S3's error code if a bucket of another account has the name.
const NameTaken = "BucketAlreadyExists"

// IsStateCode reports whether a code only describes a state: something does not exist, or exists already.
func IsStateCode(code string) bool {
	return code != NameTaken && (absent.MatchString(code) || present.MatchString(code))
}

// Code returns the code of an AWS error, or "".
func Code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// Message returns the service's message without the text that the SDK adds.
func Message(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return fmt.Sprintf("%s: %s", api.ErrorCode(), api.ErrorMessage())
	}
	return err.Error()
}

// IsThrottling reports whether the call may succeed at a lower rate.
func IsThrottling(err error) bool { return IsThrottlingCode(Code(err)) }

// IsDenied reports whether IAM refused the call.
func IsDenied(err error) bool { return slices.Contains(errorcode.Denied, Code(err)) }

// IsNotEnabled reports whether the Region rejects the credentials because the account has not enabled it.
func IsNotEnabled(err error) bool { return slices.Contains(errorcode.NotEnabled, Code(err)) }

// IsExpired reports whether the credentials have expired.
func IsExpired(err error) bool { return slices.Contains(expired, Code(err)) }

// IsTransient reports whether the same call may succeed later: throttling, a fault of the service, or no answer. This
// includes more errors than the SDK retries, because a message can wait longer than a call.
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
