"""Deactivate the unused access keys of an IAM user, and remove an unused console password."""

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
        return unchanged(f"{UserName} has no credentials that have been unused for {MaxUnusedDays} days.", [])
    ids = [key["AccessKeyId"] for key in keys]
    # A key or password that was deleted meanwhile is not a failure: only whether it can still be used counts.
    for one in ids:
        aws("iam:UpdateAccessKey", UserName=UserName, AccessKeyId=one, Status="Inactive", absent=("NoSuchEntity",))
    if password:  # IAM locks a user for a while after a change
        aws("iam:DeleteLoginProfile", UserName=UserName, absent=("NoSuchEntity",), retry=("EntityTemporarilyUnmodifiable",))
    aws.until(lambda: still_usable(aws, UserName, ids, bool(password), MaxUnusedDays))
    before = [{"AccessKeyId": key["AccessKeyId"], "Status": key["Status"], "CreateDate": key["CreateDate"].isoformat()} for key in keys]
    after = [{**key, "Status": "Inactive"} for key in before]
    done, lost = [], []
    if keys:
        done.append(f"deactivated {named(ids)}")
    if password:
        done.append("removed the console password")
        before.append({"LoginProfile": {**password, "CreateDate": password["CreateDate"].isoformat()}})
        lost.append("The password cannot be restored. The user needs a new one to sign in again.")
    text = f"{' and '.join(done)} of {UserName}, unused for {MaxUnusedDays} days."
    return Outcome(text[0].upper() + text[1:], before, after, lost)


def active_keys(aws: Aws, user: str) -> list[Described]:
    """Return the user's active keys, at most two."""
    return [key for key in aws("iam:ListAccessKeys", UserName=user)["AccessKeyMetadata"] if key["Status"] == "Active"]


def unused(aws: Aws, key: str, limit: datetime) -> bool:
    used = aws("iam:GetAccessKeyLastUsed", AccessKeyId=key)["AccessKeyLastUsed"].get("LastUsedDate")  # none when it never was
    return not used or used <= limit


def unused_password(aws: Aws, user: Described, limit: datetime) -> Described | None:
    """Return the user's login profile if the user has a password and it is unused."""
    used = user.get("PasswordLastUsed")
    if used and used > limit:
        return None
    answer = aws("iam:GetLoginProfile", UserName=user["UserName"], absent=("NoSuchEntity",))
    # IAM keeps the last use when a password is removed, so it may belong to an earlier password.
    return answer["LoginProfile"] if answer and answer["LoginProfile"]["CreateDate"] <= limit else None


def still_usable(aws: Aws, user: str, ids: list[str], password: bool, days: str) -> str:
    still = [key["AccessKeyId"] for key in active_keys(aws, user) if key["AccessKeyId"] in ids]
    if still:
        return f"Still active after {days} days without use: {named(still)}. This may have been changed during this run. Start the repair again."
    if password and aws("iam:GetLoginProfile", UserName=user, absent=("NoSuchEntity",)):
        return (
            "The console password was removed, but the user still has one. A new one may have been set. If the user does not need it, start "
            "the repair again."
        )
    return ""


def named(keys: list[str]) -> str:
    return f"access key{'' if len(keys) == 1 else 's'} {' and '.join(keys)}"
