"""Deny requests without TLS in a bucket policy, and undo that."""

import json
from typing import Any

from hubmend_runtime import Aws, Outcome, Refused, State, unchanged

SID = "HubmendRequireTLS"
LIMIT = 20 * 1024  # bytes of a bucket policy
TRIES = 3  # attempts when something else changes the policy at the same time
NOT_DENIED = "The bucket policy does not deny requests without TLS. It may have been changed during this run. Start the repair again."
NOT_AS_BEFORE = (
    f"The statement {SID} of the bucket policy is not as before the repair. It may have been changed during this run. Check it, then try again."
)

Policy = dict[str, Any]


def repair(aws: Aws, BucketName: str) -> Outcome:
    ours = deny(aws, BucketName)
    for _ in range(TRIES):
        text = read(aws, BucketName)
        policy = parsed(text, BucketName)
        if requires_tls(aws, policy, BucketName):
            return unchanged("the bucket policy denies requests without TLS.", state(own(policy)))
        # The new statement replaces one of an earlier repair that has been changed since.
        if changed(aws, BucketName, text, {**policy, "Statement": [*others(policy), ours]}):
            aws.until(lambda: "" if requires_tls(aws, now(aws, BucketName), BucketName) else NOT_DENIED)
            which = "the bucket policy" if text else "a new bucket policy"
            return Outcome(f"Added the statement {SID} to {which}. It denies requests without TLS.", state(own(policy)), state(ours))
    raise busy(BucketName)


def undo(aws: Aws, before: State, after: State, BucketName: str) -> Outcome:
    was, left = recorded(before), recorded(after)
    for _ in range(TRIES):
        text = read(aws, BucketName)
        policy = parsed(text, BucketName)
        found = own(policy)
        if found == was:
            return unchanged("the bucket policy denies what it did before the repair.", state(found))
        if found != left:
            raise Refused(
                f"The statement {SID} in the policy of the bucket {BucketName} has changed since the repair {aws.repair}, so it was left unchanged. "
                "Find out who changed it. To remove the statement, edit the policy manually."
            )
        rest = others(policy) + ([was] if was else [])
        if changed(aws, BucketName, text, {**policy, "Statement": rest}) if rest else removed(aws, BucketName, text):
            aws.until(lambda: "" if own(now(aws, BucketName)) == was else NOT_AS_BEFORE)
            what = (
                f"the statement {SID} of the bucket policy is as before the repair" if was else f"removed the statement {SID} from the bucket policy"
            )
            return Outcome(f"Restored: {what}. Other statements stay.", state(found), before)
    raise busy(BucketName)


def deny(aws: Aws, bucket: str) -> Policy:
    return {
        "Sid": SID,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": resources(aws, bucket),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def resources(aws: Aws, bucket: str) -> list[str]:
    arn = f"arn:{aws.partition}:s3:::{bucket}"
    return [arn, f"{arn}/*"]


def read(aws: Aws, bucket: str) -> str:
    """Return the text of the bucket policy, or nothing if there is none."""
    answer = aws("s3:GetBucketPolicy", Bucket=bucket, ExpectedBucketOwner=aws.account, absent=("NoSuchBucketPolicy",))
    return str(answer["Policy"]) if answer else ""


def now(aws: Aws, bucket: str) -> Policy:
    return parsed(read(aws, bucket), bucket)


def parsed(text: str, bucket: str) -> Policy:
    """Return the policy with a list of statements. AWS also accepts a single statement without a list."""
    if not text:
        return {"Version": "2012-10-17", "Statement": []}
    try:
        policy = json.loads(text)
        statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
        if all(isinstance(statement, dict) for statement in statements):
            return {**policy, "Statement": statements}
    except (ValueError, LookupError, TypeError):
        pass
    raise Refused(f"The policy of the bucket {bucket} is not a valid policy document, so it was not changed. Correct the policy, then try again.")


def own(policy: Policy) -> Policy | None:
    return next((statement for statement in policy["Statement"] if statement.get("Sid") == SID), None)


def others(policy: Policy) -> list[Policy]:
    return [statement for statement in policy["Statement"] if statement.get("Sid") != SID]


def requires_tls(aws: Aws, policy: Policy, bucket: str) -> bool:
    """Return whether statements deny all requests without TLS, for the bucket and its objects."""
    every = f"arn:{aws.partition}:s3:::*"
    denied = {resource for statement in policy["Statement"] if denies(statement) for resource in listed(statement.get("Resource"))}
    return bool(denied & {"*", every}) or denied.issuperset(resources(aws, bucket))


def denies(statement: Policy) -> bool:
    principal = statement.get("Principal")
    everyone = principal == "*" or (isinstance(principal, dict) and "*" in listed(principal.get("AWS")))
    return statement.get("Effect") == "Deny" and everyone and bool({"*", "s3:*"} & set(listed(statement.get("Action")))) and without_tls(statement)


def without_tls(statement: Policy) -> bool:
    """Return whether the only condition is that the request has no TLS."""
    tests = [
        (operator.lower(), key.lower(), [str(value).lower() for value in listed(values)])
        for operator, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    ]
    return tests == [("bool", "aws:securetransport", ["false"])]


def listed(one_or_more: Any) -> list[Any]:
    return one_or_more if isinstance(one_or_more, list) else [one_or_more]


def removed(aws: Aws, bucket: str, text: str) -> bool:
    """Delete the policy, unless it is no longer this text."""
    if read(aws, bucket) != text:
        return False
    aws("s3:DeleteBucketPolicy", Bucket=bucket, ExpectedBucketOwner=aws.account)
    return True


def changed(aws: Aws, bucket: str, text: str, policy: Policy) -> bool:
    """Write the policy, unless it is no longer the text that it was derived from.

    S3 cannot write a policy conditionally, so the policy is read again immediately before.
    """
    new = json.dumps(policy, ensure_ascii=False, separators=(",", ":"))
    if len(new.encode()) > LIMIT:
        raise Refused(
            f"With another statement, the policy of the bucket {bucket} would be larger than S3's limit of 20 KB. Shorten the policy, then try again."
        )
    if read(aws, bucket) != text:
        return False
    if aws("s3:PutBucketPolicy", Bucket=bucket, ExpectedBucketOwner=aws.account, Policy=new, absent=("MalformedPolicy",)) is None:
        raise Refused(
            f"S3 does not accept the current policy of the bucket {bucket} any more, so it was not changed. A frequent cause is a principal "
            "that has been deleted. Correct the policy, then try again."
        )
    return True


def busy(bucket: str) -> Refused:
    return Refused(f"Something else is changing the policy of the bucket {bucket}, so it was left unchanged. Try again later.")


def state(statement: Policy | None) -> State:
    return {"Statement": statement}


def recorded(given: Any) -> Policy | None:
    statement: Policy | None = given["Statement"]
    return statement
