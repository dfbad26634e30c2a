// Package errorcode lists the error codes of AWS that many services share.
package errorcode

var (
	// Throttling are the codes for calls that were made too often.
	Throttling = []string{
		"Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded", "TooManyRequestsException",
		"RequestThrottled", "RequestThrottledException", "ProvisionedThroughputExceededException", "SlowDown",
		"AutomationExecutionLimitExceeded", "AutomationExecutionLimitExceededException", "LimitExceededException",
	}
	// Denied are the codes for calls that IAM denied.
	Denied = []string{"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "InvalidAccessException",
		"AuthorizationError", "OptInRequired"}
	// NotEnabled are the codes for credentials of an account that has not enabled the Region.
	NotEnabled = []string{"UnrecognizedClientException", "InvalidClientTokenId", "AuthFailure", "OptInRequired"}
	// Internal are the codes for faults of the service.
	Internal = []string{
		"InternalError", "InternalFailure", "InternalServerError", "InternalServiceError", "InternalServiceException",
		"InternalException",
		"KMSInternalException", "DependencyTimeoutException", "ServiceUnavailable", "ServiceUnavailableException",
		"ServiceFailure",
		"ServiceFailureException", "RequestTimeout", "RequestTimeoutException", "Unavailable",
		// botocore's codes for connections without an answer.
		"ConnectTimeoutError", "ConnectionClosedError", "EndpointConnectionError", "ReadTimeoutError",
	}
	// Conflict are the codes for a resource that another call is changing.
	Conflict = []string{"OperationAborted", "OperationAbortedException", "ConcurrentModification",
		"ConcurrentModificationException", "ConflictException",
		"ConditionalRequestConflict", "ResourceConflictException", "OptimisticLockException", "PriorRequestNotComplete",
		"TransactionConflictException",
		"InvalidDBInstanceState", "InvalidDBInstanceStateFault", "InvalidIfMatchVersion", "PreconditionFailed",
		"ResourceInUseException"}
	// Gone are the codes that a runbook's first step gets for a resource that does not exist.
	Gone = []string{
		"*NotFound", "*NotFoundException", "*NotFoundFault", "*NonExistentQueue", "*DoesNotExist", "NoSuchBucket",
		"NoSuchEntity", "NoSuchDistribution",
	}
)
