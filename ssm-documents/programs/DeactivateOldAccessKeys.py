"""Deactivate the old access keys of an IAM user, and undo that."""

from datetime import datetime, timedelta, timezone
from typing import Any

from hubmend_runtime import Aws, Outcome, Refused, State, items_of, unchanged

Key = dict[str, Any]  # as IAM describes it


def repair(aws: Aws, UserName: str, MaxAgeDays: str) -> Outcome:
    born = datetime.now(timezone.utc) - timedelta(days=int(MaxAgeDays))
    old = old_keys(aws, UserName, born)
    if not old:
        return unchanged(f"{UserName} has no active access key that is {MaxAgeDays} days old.", [])
    for key in old:
        # A key that was deleted meanwhile is not a failure: only whether an old key is still active counts.
        aws("iam:UpdateAccessKey", UserName=UserName, AccessKeyId=key["AccessKeyId"], Status="Inactive", absent=("NoSuchEntity",))
    aws.until(lambda: still_active([key["AccessKeyId"] for key in old_keys(aws, UserName, born)], MaxAgeDays))
    before = [{"AccessKeyId": key["AccessKeyId"], "Status": key["Status"], "CreateDate": key["CreateDate"].isoformat()} for key in old]
    names = named([f"{key['AccessKeyId']} (created {key['CreateDate'].date()})" for key in old])
    return Outcome(f"Deactivated {names} of {UserName}.", before, [{**key, "Status": "Inactive"} for key in before])


def undo(aws: Aws, before: State, after: State, UserName: str) -> Outcome:
    was, left = items_of(before), items_of(after)
    status = statuses(aws, UserName)
    gone = [key["AccessKeyId"] for key in was if key["AccessKeyId"] not in status]
    if gone:
        raise Refused(
            f"Deleted since the repair {aws.repair}: {named(gone)} of {UserName}. The remaining keys were left unchanged. "
            "To activate them again, do so manually."
        )
    now = [{**key, "Status": status[key["AccessKeyId"]]} for key in was]
    inactive = [key["AccessKeyId"] for key in now if key in left]
    if not inactive:
        return unchanged(f"the access keys of {UserName} are as they were before the repair.", was)
    for one in inactive:
        aws("iam:UpdateAccessKey", UserName=UserName, AccessKeyId=one, Status="Active")
    aws.until(lambda: not_active(statuses(aws, UserName), was))
    return Outcome(f"Restored: reactivated {named(inactive)} of {UserName}.", now, was)


def old_keys(aws: Aws, user: str, born: datetime) -> list[Key]:
    """Return the active keys that were created by then. A user has at most two keys."""
    return [key for key in aws("iam:ListAccessKeys", UserName=user)["AccessKeyMetadata"] if key["Status"] == "Active" and key["CreateDate"] <= born]


def statuses(aws: Aws, user: str) -> dict[str, str]:
    return {key["AccessKeyId"]: key["Status"] for key in aws("iam:ListAccessKeys", UserName=user)["AccessKeyMetadata"]}


def still_active(keys: list[str], days: str) -> str:
    if not keys:
        return ""
    return f"Still active after {days} days: {named(keys)}. This may have been changed during this run. Start the repair again."


def not_active(status: dict[str, str], was: list[Key]) -> str:
    other = [key["AccessKeyId"] for key in was if status.get(key["AccessKeyId"]) != key["Status"]]
    return f"Not active: {named(other)}. This may have been changed during this run. Check it, then try again." if other else ""


def named(keys: list[str]) -> str:
    return f"access key{'' if len(keys) == 1 else 's'} {' and '.join(keys)}"
