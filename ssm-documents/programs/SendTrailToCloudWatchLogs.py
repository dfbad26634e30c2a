"""Let a trail deliver its events to CloudWatch Logs, creating the log group if needed, and undo that."""

from typing import Any

from hubmend_runtime import Aws, Outcome, Refused, State, unchanged

GROUP, ROLE = "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn"
CHANGING = ("ConflictException",)  # another change of the trail is in progress
# CloudTrail tests the role and the log group, and refuses a log group that is too new to be visible everywhere.
TOO_NEW = ("InvalidCloudWatchLogsLogGroupArnException", "InvalidCloudWatchLogsRoleArnException")


def repair(aws: Aws, TrailArn: str, RetentionInDays: str) -> Outcome:
    trail = aws("cloudtrail:GetTrail", Name=TrailArn)["Trail"]
    name, found = trail["Name"], delivery(trail)
    if found[GROUP]:
        return unchanged(f"the trail {name} delivers to {found[GROUP]}.", found)
    refuse_elsewhere(aws, trail)
    group = f"/hubmend/cloudtrail/{name}"
    provide(aws, group, int(RetentionInDays))
    # CloudTrail requires the ARN with :*, which stands for all streams of the group.
    arn = f"arn:{aws.partition}:logs:{aws.region}:{aws.account}:log-group:{group}:*"
    role = f"arn:{aws.partition}:iam::{aws.account}:role/hubmend-trail-delivery"
    aws("cloudtrail:UpdateTrail", Name=TrailArn, CloudWatchLogsLogGroupArn=arn, CloudWatchLogsRoleArn=role, retry=CHANGING + TOO_NEW)
    aws.until(
        lambda: "" if now(aws, TrailArn)[GROUP] == arn else f"CloudTrail does not report that the trail delivers to {arn}. Start the repair again."
    )
    return Outcome(
        f"The trail {name} now also delivers to the log group {group}, with a retention of {RetentionInDays} days unless the group had one.",
        found,
        {GROUP: arn, ROLE: role},
    )


def undo(aws: Aws, before: State, after: State, TrailArn: str) -> Outcome:
    found = now(aws, TrailArn)
    if found == before:
        return unchanged("the trail delivers as it did before the repair.", found)
    if found != after:
        raise Refused(
            f"The log group of the trail {TrailArn} has changed since the repair {aws.repair}, so it was left unchanged. "
            "Find out who changed it. To restore the previous value, set it manually."
        )
    # Empty ARNs stop the delivery. The repair changes only trails that delivered to no log group.
    aws("cloudtrail:UpdateTrail", Name=TrailArn, CloudWatchLogsLogGroupArn="", CloudWatchLogsRoleArn="", retry=CHANGING)
    aws.until(lambda: delivers_still(now(aws, TrailArn)))
    return Outcome("Restored: the trail no longer delivers to CloudWatch Logs. Its log group stays.", found, before)


def now(aws: Aws, trail: str) -> dict[str, str]:
    return delivery(aws("cloudtrail:GetTrail", Name=trail)["Trail"])


def delivery(trail: dict[str, Any]) -> dict[str, str]:
    """Return the ARNs of the log group and the role, empty for a trail that does not deliver to CloudWatch Logs."""
    return {name: trail.get(name) or "" for name in (GROUP, ROLE)}


def delivers_still(found: dict[str, str]) -> str:
    still = found[GROUP] or found[ROLE]
    return f"The trail still delivers to {still}. This may have been changed during this run. Check it, then try again." if still else ""


def provide(aws: Aws, name: str, days: int) -> None:
    """Create the log group if needed. Keep a retention that was set, because a shorter one would delete events."""
    group = log_group(aws, name)
    if group is None and aws("logs:CreateLogGroup", logGroupName=name, absent=("ResourceAlreadyExistsException",)) is None:
        group = log_group(aws, name)  # something else created it meanwhile
    if not group or "retentionInDays" not in group:
        aws("logs:PutRetentionPolicy", logGroupName=name, retentionInDays=days, retry=("ResourceNotFoundException",))


def log_group(aws: Aws, name: str) -> dict[str, Any] | None:
    groups = aws("logs:DescribeLogGroups", logGroupNamePrefix=name)["logGroups"]
    return next((group for group in groups if group["logGroupName"] == name), None)


def refuse_elsewhere(aws: Aws, trail: dict[str, Any]) -> None:
    """Refuse a trail of another account or with another home Region."""
    region, owner = trail["TrailARN"].split(":")[3:5]
    home = trail.get("HomeRegion") or region
    if owner != aws.account and trail.get("IsOrganizationTrail"):
        raise Refused(
            f"{trail['Name']} is an organization trail. Let it deliver to CloudWatch Logs in the organization's management account, {owner}."
        )
    if owner != aws.account:
        raise Refused(f"The trail {trail['Name']} belongs to account {owner}. Let it deliver to CloudWatch Logs there.")
    if home != aws.region:
        raise Refused(
            f"The home Region of the trail {trail['Name']} is {home}, and CloudTrail can change it only there. This repair ran in "
            f"{aws.region}. Let it deliver to CloudWatch Logs in {home}."
        )
