package python

import (
	"fmt"
	"net/http"

	"github.com/aws/smithy-go"
)

// APIError is a call that AWS refused, or that botocore refused to make. In the latter
// case the code is botocore's name for it (ParamValidationError, UnknownServiceError,
// EndpointConnectionError, ...), or UnknownOperation, and HTTPStatus is 0.
type APIError struct {
	Code       string `json:"code"`
	Message    string `json:"message"`
	Operation  string `json:"operation"`
	HTTPStatus int    `json:"http_status"`
}

var _ smithy.APIError = (*APIError)(nil)

// Error implements error, in the words of botocore.
func (e *APIError) Error() string {
	return fmt.Sprintf("an error occurred (%s) when calling the %s operation: %s", e.Code, e.Operation, e.Message)
}

// ErrorCode implements smithy.APIError.
func (e *APIError) ErrorCode() string { return e.Code }

// ErrorMessage implements smithy.APIError.
func (e *APIError) ErrorMessage() string { return e.Message }

// ErrorFault implements smithy.APIError.
func (e *APIError) ErrorFault() smithy.ErrorFault {
	switch {
	case e.HTTPStatus >= http.StatusInternalServerError:
		return smithy.FaultServer
	case e.HTTPStatus >= http.StatusBadRequest:
		return smithy.FaultClient
	default:
		return smithy.FaultUnknown
	}
}
