"""Delivery of a trail's events to CloudWatch Logs: start it, to a log group that is made when it is missing, and stop it again."""

from typing import Any

from hubmend_runtime import Aws, Outcome, Refused, State, unchanged

GROUP, ROLE = "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn"
CHANGING = ("ConflictException",)  # another change of the trail is in progress
# CloudTrail tries the role before it agrees, and refuses a log group that is so new that it cannot be seen everywhere yet.
TOO_NEW = ("InvalidCloudWatchLogsLogGroupArnException", "InvalidCloudWatchLogsRoleArnException")


def repair(aws: Aws, TrailArn: str, RetentionInDays: str) -> Outcome:
    trail = aws("cloudtrail:GetTrail", Name=TrailArn)["Trail"]
    name, found = trail["Name"], delivery(trail)
    if found[GROUP]:
        return unchanged(f"the trail {name} delivers to {found[GROUP]}.", found)
    refuse_elsewhere(aws, trail)
    group = f"/hubmend/cloudtrail/{name}"
    provide(aws, group, int(RetentionInDays))
    # CloudTrail takes the ARN of all the group's streams, and cannot validate the group's own.
    arn = f"arn:{aws.partition}:logs:{aws.region}:{aws.account}:log-group:{group}:*"
    role = f"arn:{aws.partition}:iam::{aws.account}:role/hubmend-trail-delivery"
    aws("cloudtrail:UpdateTrail", Name=TrailArn, CloudWatchLogsLogGroupArn=arn, CloudWatchLogsRoleArn=role, retry=CHANGING + TOO_NEW)
    aws.until(
        lambda: "" if now(aws, TrailArn)[GROUP] == arn else f"CloudTrail does not say that the trail delivers to {arn}. Start the repair again."
    )
    return Outcome(
        f"The trail {name} now delivers to the log group {group} too, with a retention of {RetentionInDays} days unless the group had one.",
        found,
        {GROUP: arn, ROLE: role},
    )


def undo(aws: Aws, before: State, after: State, TrailArn: str) -> Outcome:
    found = now(aws, TrailArn)
    if found == before:
        return unchanged("the trail delivers as it did before the repair.", found)
    if found != after:
        raise Refused(
            f"Where {TrailArn} delivers to was changed since the repair {aws.repair}, so it is left as it is. "
            "Look who changed it, and set it by hand if it must be as before."
        )
    # Empty names stop the delivery. The repair changes only trails that delivered to no log group.
    aws("cloudtrail:UpdateTrail", Name=TrailArn, CloudWatchLogsLogGroupArn="", CloudWatchLogsRoleArn="", retry=CHANGING)
    aws.until(lambda: delivers_still(now(aws, TrailArn)))
    return Outcome("Restored: the trail no longer delivers to CloudWatch Logs; its log group stays.", found, before)


def now(aws: Aws, trail: str) -> dict[str, str]:
    return delivery(aws("cloudtrail:GetTrail", Name=trail)["Trail"])


def delivery(trail: dict[str, Any]) -> dict[str, str]:
    """Give empty names for a trail that delivers nowhere, of which CloudTrail says nothing."""
    return {name: trail.get(name) or "" for name in (GROUP, ROLE)}


def delivers_still(found: dict[str, str]) -> str:
    still = found[GROUP] or found[ROLE]
    return f"The trail still delivers to {still}. Something may have changed it while this ran; see, and start this again." if still else ""


def provide(aws: Aws, name: str, days: int) -> None:
    """Make the log group when it is missing, and let its events expire unless somebody said when: a shorter retention would delete events."""
    group = log_group(aws, name)
    if group is None and aws("logs:CreateLogGroup", logGroupName=name, absent=("ResourceAlreadyExistsException",)) is None:
        group = log_group(aws, name)  # something else made it meanwhile
    if not group or "retentionInDays" not in group:
        aws("logs:PutRetentionPolicy", logGroupName=name, retentionInDays=days, retry=("ResourceNotFoundException",))


def log_group(aws: Aws, name: str) -> dict[str, Any] | None:
    groups = aws("logs:DescribeLogGroups", logGroupNamePrefix=name)["logGroups"]
    return next((group for group in groups if group["logGroupName"] == name), None)


def refuse_elsewhere(aws: Aws, trail: dict[str, Any]) -> None:
    """Refuse a trail that is not this account's or not at home in this Region; its ARN names both."""
    region, owner = trail["TrailARN"].split(":")[3:5]
    home = trail.get("HomeRegion") or region
    if owner != aws.account and trail.get("IsOrganizationTrail"):
        raise Refused(
            f"{trail['Name']} is the trail of an organization, and account {aws.account} is a member of it. Let it deliver to CloudWatch "
            f"Logs in the organization's management account, {owner}."
        )
    if owner != aws.account:
        raise Refused(f"The trail {trail['Name']} is account {owner}'s. Let it deliver to CloudWatch Logs there.")
    if home != aws.region:
        raise Refused(
            f"The home Region of the trail {trail['Name']} is {home}, and CloudTrail changes it only there; this ran in {aws.region}. "
            f"Let it deliver to CloudWatch Logs in {home}."
        )
