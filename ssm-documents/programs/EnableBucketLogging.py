"""Turn on server access logging of a bucket, creating the log bucket if needed, and undo that."""

import json
from typing import Any

from hubmend_runtime import Aws, Outcome, Refused, State, unchanged

NEW = ("NoSuchBucket",)  # the log bucket has just been created


def repair(aws: Aws, BucketName: str, RetentionInDays: str) -> Outcome:
    found = target(logging(aws, BucketName))
    if found["TargetBucket"]:
        return unchanged(f"the bucket logs to {found['TargetBucket']}.", found)
    log_bucket = f"hubmend-access-logs-{aws.account}-{aws.region}"
    refuse_source(aws, BucketName, log_bucket)
    provide(aws, log_bucket, int(RetentionInDays))
    wanted = {"TargetBucket": log_bucket, "TargetPrefix": f"{BucketName}/"}
    aws(
        "s3:PutBucketLogging",
        Bucket=BucketName,
        ExpectedBucketOwner=aws.account,
        BucketLoggingStatus={"LoggingEnabled": wanted},
        retry=("InvalidTargetBucketForLogging",),  # until S3 sees the log bucket's new policy
    )
    aws.until(
        lambda: "" if target(logging(aws, BucketName)) == wanted else f"S3 does not report {log_bucket} as the log bucket. Start the repair again."
    )
    return Outcome(f"Turned on access logging to {log_bucket} with the prefix {BucketName}/.", found, wanted)


def undo(aws: Aws, before: State, after: State, BucketName: str) -> Outcome:
    enabled = logging(aws, BucketName)
    found = target(enabled)
    if found == before:
        return unchanged("the bucket logs as it did before the repair.", found)
    # The repair sets neither grants nor a key format.
    if found != after or enabled.get("TargetGrants") or "PartitionedPrefix" in enabled.get("TargetObjectKeyFormat", {}):
        raise Refused(
            f"Access logging of the bucket {BucketName} has changed since the repair {aws.repair}, so it was left unchanged. "
            "Find out who changed it. To restore the previous value, set it manually."
        )
    # Without a target, S3 turns logging off. The repair changes only buckets that had logging off.
    aws("s3:PutBucketLogging", Bucket=BucketName, ExpectedBucketOwner=aws.account, BucketLoggingStatus={})
    aws.until(lambda: logs_still(target(logging(aws, BucketName))["TargetBucket"]))
    return Outcome("Restored: access logging of the bucket is off, as before the repair. The log bucket stays.", found, before)


def logging(aws: Aws, bucket: str) -> dict[str, Any]:
    enabled: dict[str, Any] = aws("s3:GetBucketLogging", Bucket=bucket, ExpectedBucketOwner=aws.account).get("LoggingEnabled", {})
    return enabled


def target(enabled: dict[str, Any]) -> dict[str, str]:
    """Return the bucket and prefix that receive the logs, empty when logging is off."""
    return {name: enabled.get(name) or "" for name in ("TargetBucket", "TargetPrefix")}


def logs_still(bucket: str) -> str:
    return f"The bucket still logs to {bucket}. This may have been changed during this run. Check it, then try again." if bucket else ""


def refuse_source(aws: Aws, bucket: str, log_bucket: str) -> None:
    """Refuse a bucket in another Region, and the log bucket itself."""
    constraint = aws("s3:GetBucketLocation", Bucket=bucket, ExpectedBucketOwner=aws.account).get("LocationConstraint") or ""
    # A bucket in us-east-1 has no constraint, and old buckets in eu-west-1 have the constraint EU.
    home = {"": "us-east-1", "EU": "eu-west-1"}.get(constraint, constraint)
    if home != aws.region:
        raise Refused(
            f"The bucket {bucket} is in {home}, but this repair ran in {aws.region}. A bucket can log only to a bucket in its own "
            f"Region. Turn on access logging in {home}."
        )
    if bucket == log_bucket:
        raise Refused(
            f"{bucket} stores Hubmend's access logs. If it logged to itself, every log would cause another. "
            "Suppress the finding. A trail should deliver to a bucket of its own."
        )


def provide(aws: Aws, log_bucket: str, days: int) -> None:
    """Create the log bucket or complete it, and refuse one that S3 cannot deliver to."""
    # AccessDenied means that another account owns the bucket. Creating it then fails with a clear error.
    if aws("s3:GetBucketLocation", Bucket=log_bucket, ExpectedBucketOwner=aws.account, absent=(*NEW, "AccessDenied")) is None:
        create(aws, log_bucket)
    refuse_locked(aws, log_bucket)
    # The lifecycle is set last. A log bucket without one is incomplete, so everything is set again.
    lifecycle = aws(
        "s3:GetBucketLifecycleConfiguration", Bucket=log_bucket, ExpectedBucketOwner=aws.account, absent=(*NEW, "NoSuchLifecycleConfiguration")
    )
    if lifecycle is None:
        prepare(aws, log_bucket, days)
    else:
        refuse_keyed(aws, log_bucket)


def create(aws: Aws, bucket: str) -> None:
    """Create the log bucket. us-east-1 refuses a location constraint, and all other Regions require theirs."""
    if aws.region == "us-east-1":
        aws("s3:CreateBucket", Bucket=bucket)
    else:
        # The repair of another bucket may have created it meanwhile. In us-east-1 that is not an error.
        aws("s3:CreateBucket", Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": aws.region}, absent=("BucketAlreadyOwnedByYou",))


def prepare(aws: Aws, bucket: str, days: int) -> None:
    aws(
        "s3:PutPublicAccessBlock",
        Bucket=bucket,
        ExpectedBucketOwner=aws.account,
        PublicAccessBlockConfiguration={"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True},
        retry=NEW,
    )
    # With ACLs disabled, only the policy decides who may write.
    aws(
        "s3:PutBucketOwnershipControls",
        Bucket=bucket,
        ExpectedBucketOwner=aws.account,
        OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        retry=NEW,
    )
    # S3 delivers no access logs to a bucket with a KMS key.
    aws(
        "s3:PutBucketEncryption",
        Bucket=bucket,
        ExpectedBucketOwner=aws.account,
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]},
        retry=NEW,
    )
    aws("s3:PutBucketPolicy", Bucket=bucket, ExpectedBucketOwner=aws.account, Policy=json.dumps(policy(aws, bucket)), retry=NEW)
    # Last, because it marks the log bucket as complete.
    aws(
        "s3:PutBucketLifecycleConfiguration",
        Bucket=bucket,
        ExpectedBucketOwner=aws.account,
        LifecycleConfiguration={"Rules": [{"ID": "expire", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": days}}]},
        retry=NEW,
    )


def policy(aws: Aws, bucket: str) -> dict[str, Any]:
    """Let S3 deliver the logs of this account's buckets, and require TLS."""
    arn = f"arn:{aws.partition}:s3:::{bucket}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AccessLogsOfThisAccount",
                "Effect": "Allow",
                "Principal": {"Service": "logging.s3.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": f"{arn}/*",
                "Condition": {"StringEquals": {"aws:SourceAccount": aws.account}},
            },
            {
                "Sid": "TLSOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [arn, f"{arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
    }


def refuse_locked(aws: Aws, bucket: str) -> None:
    """Refuse a log bucket with a default retention. Object Lock without one does not block log delivery."""
    lock = aws("s3:GetObjectLockConfiguration", Bucket=bucket, ExpectedBucketOwner=aws.account, absent=(*NEW, "ObjectLockConfigurationNotFoundError"))
    mode = lock and lock["ObjectLockConfiguration"].get("Rule", {}).get("DefaultRetention", {}).get("Mode")
    if mode:
        raise Refused(
            f"The log bucket {bucket} has Object Lock with a default retention ({mode}), and S3 cannot deliver access logs to such a bucket. "
            "Remove the default retention, then try again."
        )


def refuse_keyed(aws: Aws, bucket: str) -> None:
    """Refuse a log bucket whose default encryption was changed to a KMS key."""
    rule = aws("s3:GetBucketEncryption", Bucket=bucket, ExpectedBucketOwner=aws.account)["ServerSideEncryptionConfiguration"]["Rules"][0]
    if rule.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm") != "AES256":
        raise Refused(
            f"The default encryption of the log bucket {bucket} is not SSE-S3 (AES256), and S3 cannot deliver access logs to "
            "a bucket with a KMS key. Set its default encryption to SSE-S3, then try again."
        )
