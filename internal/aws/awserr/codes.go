package awserr

// Codes that many services share.
var (
	// ThrottlingCodes stand for a call that was made too often.
	ThrottlingCodes = []string{
		"Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded", "TooManyRequestsException",
		"RequestThrottled", "RequestThrottledException", "ProvisionedThroughputExceededException", "SlowDown",
		"AutomationExecutionLimitExceeded", "AutomationExecutionLimitExceededException", "LimitExceededException",
	}
	// DeniedCodes stand for a call that IAM denied.
	DeniedCodes = []string{"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "InvalidAccessException",
		"AuthorizationError", "OptInRequired"}
	// NotEnabledCodes are what services of a Region say to credentials of an account that has not enabled it.
	NotEnabledCodes = []string{"UnrecognizedClientException", "InvalidClientTokenId", "AuthFailure", "OptInRequired"}
	// InternalCodes stand for a fault of the service.
	InternalCodes = []string{
		"InternalError", "InternalFailure", "InternalServerError", "InternalServiceError", "InternalServiceException",
		"InternalException",
		"KMSInternalException", "DependencyTimeoutException", "ServiceUnavailable", "ServiceUnavailableException",
		"ServiceFailure",
		"ServiceFailureException", "RequestTimeout", "RequestTimeoutException", "Unavailable",
		// botocore's words when nobody answers.
		"ConnectTimeoutError", "ConnectionClosedError", "EndpointConnectionError", "ReadTimeoutError",
	}
	// ConflictCodes stand for a resource that is being changed by another call.
	ConflictCodes = []string{"OperationAborted", "OperationAbortedException", "ConcurrentModification",
		"ConcurrentModificationException", "ConflictException",
		"ConditionalRequestConflict", "ResourceConflictException", "OptimisticLockException", "PriorRequestNotComplete",
		"TransactionConflictException",
		"InvalidDBInstanceState", "InvalidDBInstanceStateFault", "InvalidIfMatchVersion", "PreconditionFailed",
		"ResourceInUseException"}
	// GoneCodes are what the first step of a runbook is told of a resource that does not exist.
	GoneCodes = []string{
		"*NotFound", "*NotFoundException", "*NotFoundFault", "*NonExistentQueue", "*DoesNotExist", "NoSuchBucket",
		"NoSuchEntity", "NoSuchDistribution",
	}
)
