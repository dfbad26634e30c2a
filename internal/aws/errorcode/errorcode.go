// Package errorcode lists the error codes of AWS that many services share.
package errorcode

var (
	// Throttling stand for a call that was made too often.
	Throttling = []string{
		"Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded", "TooManyRequestsException",
		"RequestThrottled", "RequestThrottledException", "ProvisionedThroughputExceededException", "SlowDown",
		"AutomationExecutionLimitExceeded", "AutomationExecutionLimitExceededException", "LimitExceededException",
	}
	// Denied stand for a call that IAM denied.
	Denied = []string{"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "InvalidAccessException",
		"AuthorizationError", "OptInRequired"}
	// NotEnabled are what services of a Region say to credentials of an account that has not enabled it.
	NotEnabled = []string{"UnrecognizedClientException", "InvalidClientTokenId", "AuthFailure", "OptInRequired"}
	// Internal stand for a fault of the service.
	Internal = []string{
		"InternalError", "InternalFailure", "InternalServerError", "InternalServiceError", "InternalServiceException",
		"InternalException",
		"KMSInternalException", "DependencyTimeoutException", "ServiceUnavailable", "ServiceUnavailableException",
		"ServiceFailure",
		"ServiceFailureException", "RequestTimeout", "RequestTimeoutException", "Unavailable",
		// botocore's words when nobody answers.
		"ConnectTimeoutError", "ConnectionClosedError", "EndpointConnectionError", "ReadTimeoutError",
	}
	// Conflict stand for a resource that is being changed by another call.
	Conflict = []string{"OperationAborted", "OperationAbortedException", "ConcurrentModification",
		"ConcurrentModificationException", "ConflictException",
		"ConditionalRequestConflict", "ResourceConflictException", "OptimisticLockException", "PriorRequestNotComplete",
		"TransactionConflictException",
		"InvalidDBInstanceState", "InvalidDBInstanceStateFault", "InvalidIfMatchVersion", "PreconditionFailed",
		"ResourceInUseException"}
	// Gone are what the first step of a runbook is told of a resource that does not exist.
	Gone = []string{
		"*NotFound", "*NotFoundException", "*NotFoundFault", "*NonExistentQueue", "*DoesNotExist", "NoSuchBucket",
		"NoSuchEntity", "NoSuchDistribution",
	}
)
