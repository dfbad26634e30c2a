"""Access logging of a bucket: turn it on, to a log bucket that is made when it is missing, and off again."""

import json
from typing import Any

from hubmend_runtime import Aws, Outcome, Refused, State, unchanged

NEW = ("NoSuchBucket",)  # the log bucket was made a moment ago


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
        retry=("InvalidTargetBucketForLogging",),  # S3 refuses it while it does not know the log bucket's policy yet
    )
    aws.until(
        lambda: "" if target(logging(aws, BucketName)) == wanted else f"S3 does not say that the bucket logs to {log_bucket}. Start the repair again."
    )
    return Outcome(f"Turned on access logging, to {log_bucket} below {BucketName}/.", found, wanted)


def undo(aws: Aws, before: State, after: State, BucketName: str) -> Outcome:
    enabled = logging(aws, BucketName)
    found = target(enabled)
    if found == before:
        return unchanged("the bucket logs as it did before the repair.", found)
    # The repair sets neither grants nor a format of the logs' names.
    if found != after or enabled.get("TargetGrants") or "PartitionedPrefix" in enabled.get("TargetObjectKeyFormat", {}):
        raise Refused(
            f"Where the bucket {BucketName} logs to was changed since the repair {aws.repair}, so it is left as it is. "
            "Look who changed it, and set it by hand if it must be as before."
        )
    # S3 turns logging off when no target is given. The repair changes only buckets that did not log.
    aws("s3:PutBucketLogging", Bucket=BucketName, ExpectedBucketOwner=aws.account, BucketLoggingStatus={})
    aws.until(lambda: logs_still(target(logging(aws, BucketName))["TargetBucket"]))
    return Outcome("Restored: access to the bucket is not logged, as before the repair; the log bucket stays.", found, before)


def logging(aws: Aws, bucket: str) -> dict[str, Any]:
    enabled: dict[str, Any] = aws("s3:GetBucketLogging", Bucket=bucket, ExpectedBucketOwner=aws.account).get("LoggingEnabled", {})
    return enabled


def target(enabled: dict[str, Any]) -> dict[str, str]:
    """Give empty names for a bucket that does not log, of which S3 says nothing."""
    return {name: enabled.get(name) or "" for name in ("TargetBucket", "TargetPrefix")}


def logs_still(bucket: str) -> str:
    return f"The bucket still logs to {bucket}. Something may have changed it while this ran; see, and start this again." if bucket else ""


def refuse_source(aws: Aws, bucket: str, log_bucket: str) -> None:
    """Refuse a bucket of another Region, which its name does not tell, and the log bucket itself."""
    constraint = aws("s3:GetBucketLocation", Bucket=bucket, ExpectedBucketOwner=aws.account).get("LocationConstraint") or ""
    # S3 has no constraint for us-east-1, and EU is how old buckets say eu-west-1.
    home = {"": "us-east-1", "EU": "eu-west-1"}.get(constraint, constraint)
    if home != aws.region:
        raise Refused(
            f"The bucket {bucket} is in {home}, and this ran in {aws.region}. A bucket logs only to a bucket of its own "
            f"Region: turn on access logging in {home}, or let the trail deliver to a bucket in {aws.region}."
        )
    if bucket == log_bucket:
        raise Refused(
            f"{bucket} is where Hubmend's access logs go. If it logged to itself, every log would cause another. "
            "No trail should deliver to it: give the trail a bucket of its own."
        )


def provide(aws: Aws, log_bucket: str, days: int) -> None:
    """Make the log bucket unless it is complete, and refuse one to which S3 would deliver nothing."""
    # A bucket that another account has under this name denies this. S3 says so when it is to be made.
    if aws("s3:GetBucketLocation", Bucket=log_bucket, ExpectedBucketOwner=aws.account, absent=(*NEW, "AccessDenied")) is None:
        create(aws, log_bucket)
    refuse_locked(aws, log_bucket)
    # The lifecycle is what is set last. A log bucket without one was left half made, and then everything is set.
    lifecycle = aws(
        "s3:GetBucketLifecycleConfiguration", Bucket=log_bucket, ExpectedBucketOwner=aws.account, absent=(*NEW, "NoSuchLifecycleConfiguration")
    )
    if lifecycle is None:
        prepare(aws, log_bucket, days)
    else:
        refuse_keyed(aws, log_bucket)


def create(aws: Aws, bucket: str) -> None:
    """Create the log bucket. us-east-1 refuses a location constraint, and the other Regions demand theirs."""
    if aws.region == "us-east-1":
        aws("s3:CreateBucket", Bucket=bucket)
    else:
        # The repair of another bucket may have made it meanwhile, which is no error in us-east-1.
        aws("s3:CreateBucket", Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": aws.region}, absent=("BucketAlreadyOwnedByYou",))


def prepare(aws: Aws, bucket: str, days: int) -> None:
    aws(
        "s3:PutPublicAccessBlock",
        Bucket=bucket,
        ExpectedBucketOwner=aws.account,
        PublicAccessBlockConfiguration={"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True},
        retry=NEW,
    )
    # ACLs are off, so that the policy alone says who may write.
    aws(
        "s3:PutBucketOwnershipControls",
        Bucket=bucket,
        ExpectedBucketOwner=aws.account,
        OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        retry=NEW,
    )
    # With S3's own keys; S3 delivers no access logs to a bucket with a KMS key.
    aws(
        "s3:PutBucketEncryption",
        Bucket=bucket,
        ExpectedBucketOwner=aws.account,
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]},
        retry=NEW,
    )
    aws("s3:PutBucketPolicy", Bucket=bucket, ExpectedBucketOwner=aws.account, Policy=json.dumps(policy(aws, bucket)), retry=NEW)
    # This comes last, because it says that the rest is done.
    aws(
        "s3:PutBucketLifecycleConfiguration",
        Bucket=bucket,
        ExpectedBucketOwner=aws.account,
        LifecycleConfiguration={"Rules": [{"ID": "expire", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": days}}]},
        retry=NEW,
    )


def policy(aws: Aws, bucket: str) -> dict[str, Any]:
    """Let S3 deliver the logs of this account's buckets, and nobody come without TLS."""
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
    """Refuse a log bucket with a default retention. Object Lock alone does not keep logs out."""
    lock = aws("s3:GetObjectLockConfiguration", Bucket=bucket, ExpectedBucketOwner=aws.account, absent=(*NEW, "ObjectLockConfigurationNotFoundError"))
    mode = lock and lock["ObjectLockConfiguration"].get("Rule", {}).get("DefaultRetention", {}).get("Mode")
    if mode:
        raise Refused(
            f"The log bucket {bucket} has Object Lock with a default retention ({mode}), and S3 delivers no access logs to such a bucket. "
            "Remove its default retention, then try again."
        )


def refuse_keyed(aws: Aws, bucket: str) -> None:
    """Refuse a log bucket that got a KMS key since it was made."""
    rule = aws("s3:GetBucketEncryption", Bucket=bucket, ExpectedBucketOwner=aws.account)["ServerSideEncryptionConfiguration"]["Rules"][0]
    if rule.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm") != "AES256":
        raise Refused(
            f"The default encryption of the log bucket {bucket} is not SSE-S3 (AES256), and S3 delivers no access logs to "
            "a bucket with a KMS key. Set its default encryption to SSE-S3, then try again."
        )
