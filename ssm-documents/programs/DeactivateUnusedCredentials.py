"""The unused credentials of an IAM user: deactivate the access keys, and remove the console password."""

from datetime import datetime, timedelta, timezone
from typing import Any

from hubmend_runtime import Aws, Outcome, unchanged

Described = dict[str, Any]  # as IAM describes a key, a user or a login profile


def repair(aws: Aws, UserName: str, MaxUnusedDays: str) -> Outcome:
    limit = datetime.now(timezone.utc) - timedelta(days=int(MaxUnusedDays))
    user = aws("iam:GetUser", UserName=UserName)["User"]  # one that does not exist fails here
    keys = [key for key in active_keys(aws, UserName) if key["CreateDate"] <= limit and unused(aws, key["AccessKeyId"], limit)]
    password = unused_password(aws, user, limit)
    if not keys and not password:
        return unchanged(f"{UserName} has no credentials that were not used for {MaxUnusedDays} days.", [])
    ids = [key["AccessKeyId"] for key in keys]
    # That somebody deleted a key or the password meanwhile is no failure: what counts is whether it can still be used.
    for one in ids:
        aws("iam:UpdateAccessKey", UserName=UserName, AccessKeyId=one, Status="Inactive", absent=("NoSuchEntity",))
    if password:  # a user that was changed a moment ago is locked for a while
        aws("iam:DeleteLoginProfile", UserName=UserName, absent=("NoSuchEntity",), retry=("EntityTemporarilyUnmodifiable",))
    aws.until(lambda: still_usable(aws, UserName, ids, bool(password), MaxUnusedDays))
    before = [{"AccessKeyId": key["AccessKeyId"], "Status": key["Status"], "CreateDate": key["CreateDate"].isoformat()} for key in keys]
    after = [{**key, "Status": "Inactive"} for key in before]
    done, lost = [], []
    if keys:
        done.append(f"deactivated access key {' and '.join(ids)}")
    if password:
        done.append("removed the console password")
        before.append({"LoginProfile": {**password, "CreateDate": password["CreateDate"].isoformat()}})
        lost.append("The password cannot be restored; a new one must be set to sign in again.")
    text = f"{' and '.join(done)} of {UserName}, not used for {MaxUnusedDays} days."
    return Outcome(text[0].upper() + text[1:], before, after, lost)


def active_keys(aws: Aws, user: str) -> list[Described]:
    """Return the user's active keys, of which there are two at most."""
    return [key for key in aws("iam:ListAccessKeys", UserName=user)["AccessKeyMetadata"] if key["Status"] == "Active"]


def unused(aws: Aws, key: str, limit: datetime) -> bool:
    used = aws("iam:GetAccessKeyLastUsed", AccessKeyId=key)["AccessKeyLastUsed"].get("LastUsedDate")  # none when it never was
    return not used or used <= limit


def unused_password(aws: Aws, user: Described, limit: datetime) -> Described | None:
    """Return the user's login profile when the password is unused. IAM answers with an error when there is none."""
    used = user.get("PasswordLastUsed")
    if used and used > limit:
        return None
    answer = aws("iam:GetLoginProfile", UserName=user["UserName"], absent=("NoSuchEntity",))
    # IAM keeps the last use when a password is removed, so it may be of one before this.
    return answer["LoginProfile"] if answer and answer["LoginProfile"]["CreateDate"] <= limit else None


def still_usable(aws: Aws, user: str, ids: list[str], password: bool, days: str) -> str:
    still = [key["AccessKeyId"] for key in active_keys(aws, user) if key["AccessKeyId"] in ids]
    if still:
        return (
            f"Access key {' and '.join(still)} was not used for {days} days and is still active. Someone may have activated it while this ran; "
            "start the repair again."
        )
    if password and aws("iam:GetLoginProfile", UserName=user, absent=("NoSuchEntity",)):
        return (
            "The console password is still there after it was removed. Someone may have set a new one; see whether the user needs it, and "
            "start the repair again if not."
        )
    return ""
