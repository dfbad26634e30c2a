"""Turn on all four settings of a bucket's public access block, and undo that."""

from typing import Any

from hubmend_runtime import Aws, Outcome, Refused, State, unchanged

SETTINGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
ON = dict.fromkeys(SETTINGS, True)
NOT_AS_BEFORE = "The public access block does not have its previous value. It may have been changed during this run. Check it, then try again."


def repair(aws: Aws, BucketName: str) -> Outcome:
    found = block(aws, BucketName)
    off = not_on(found)
    if not off:
        return unchanged("the bucket blocks all public access.", ON)
    # All four together, so none is lost.
    aws("s3:PutPublicAccessBlock", Bucket=BucketName, ExpectedBucketOwner=aws.account, PublicAccessBlockConfiguration=ON)
    aws.until(lambda: still_off(block(aws, BucketName)))
    return Outcome(f"Turned on {joined(off)}{'.' if found else '; the bucket had no public access block.'}", state(found), ON)


def undo(aws: Aws, before: State, after: State, BucketName: str) -> Outcome:
    try:
        was, left = recorded(before), recorded(after)
    except (LookupError, TypeError, AttributeError):
        raise Refused(
            f"The repair {aws.repair} has no record of its result. Restore the bucket manually; `hubmend history` shows the previous value."
        ) from None
    found = block(aws, BucketName)
    if found == was:
        return unchanged("the public access block is as it was before the repair.", state(found))
    if found != left:
        raise Refused(
            f"The public access block of {BucketName} has changed since the repair {aws.repair}, so it was left unchanged. "
            "Find out who changed it. To restore the previous value, set it manually."
        )
    if was:
        aws("s3:PutPublicAccessBlock", Bucket=BucketName, ExpectedBucketOwner=aws.account, PublicAccessBlockConfiguration=was)
        change = f"Restored the public access block: {', '.join(not_on(was))} off, as before the repair."
    else:
        aws("s3:DeletePublicAccessBlock", Bucket=BucketName, ExpectedBucketOwner=aws.account)
        change = "Restored: the bucket has no public access block, as before the repair."
    aws.until(lambda: "" if block(aws, BucketName) == was else NOT_AS_BEFORE)
    return Outcome(change, state(found), state(was))


def block(aws: Aws, bucket: str) -> dict[str, bool]:
    """Read the four settings. A bucket without a public access block has none."""
    answer = aws("s3:GetPublicAccessBlock", Bucket=bucket, ExpectedBucketOwner=aws.account, absent=("NoSuchPublicAccessBlockConfiguration",))
    return {name: answer["PublicAccessBlockConfiguration"].get(name) is True for name in SETTINGS} if answer else {}


def state(found: dict[str, bool]) -> State:
    return found or {"PublicAccessBlock": "none"}


def recorded(given: Any) -> dict[str, bool]:
    """Read what a repair recorded. Older documents nested the settings and may have recorded them as strings."""
    settings = given.get("PublicAccessBlock", given)
    return {} if settings == "none" else {name: {"true": True, "false": False}[str(settings[name]).lower()] for name in SETTINGS}


def not_on(found: dict[str, bool]) -> list[str]:
    return [name for name in SETTINGS if not found.get(name)]


def still_off(found: dict[str, bool]) -> str:
    off = not_on(found)
    if not off:
        return ""
    return (
        f"Public access to the bucket is not blocked: {joined(off)} {'is' if len(off) == 1 else 'are'} off. "
        "It may have been changed during this run. Start the repair again."
    )


def joined(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
