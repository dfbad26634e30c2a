"""Require IMDSv2 of an EC2 instance, and undo that."""

from datetime import datetime, timedelta, timezone
from typing import Any

from hubmend_runtime import Aws, Outcome, Refused, State, unchanged

Instance = dict[str, Any]  # as EC2 describes it

DAYS = 14  # in which no software on the instance may have used IMDSv1
ENDED = ("shutting-down", "terminated")


def repair(aws: Aws, InstanceId: str) -> Outcome:
    instance = described(aws, InstanceId)
    before, after = tokens(instance), {"HttpTokens": "required"}
    if before == after:
        return unchanged("the instance requires IMDSv2.", before)
    if instance["State"]["Name"] in ENDED:
        raise Refused(f"Instance {InstanceId} is {instance['State']['Name']}, so there is nothing left to repair.")
    if requests := without_token(aws, InstanceId):
        raise Refused(
            f"Software on instance {InstanceId} used IMDSv1 for {requests} requests in the last {DAYS} days, and would fail. Update it, usually its "
            "AWS SDK or CLI. Then try again when the metric MetadataNoToken has been 0 for that long, or require IMDSv2 manually."
        )
    aws("ec2:ModifyInstanceMetadataOptions", InstanceId=InstanceId, HttpTokens="required")
    aws.until(lambda: unlike(described(aws, InstanceId), after))
    return Outcome("The instance requires IMDSv2. Requests for metadata without a token fail.", before, after)


def undo(aws: Aws, before: dict[str, str], after: State, InstanceId: str) -> Outcome:
    now = tokens(described(aws, InstanceId))
    if now == before:
        return unchanged("IMDSv2 is as it was before the repair.", now)
    if now != after:
        raise Refused(f"The metadata options of instance {InstanceId} have changed since the repair {aws.repair}, so they were left unchanged.")
    aws("ec2:ModifyInstanceMetadataOptions", InstanceId=InstanceId, HttpTokens=before["HttpTokens"])
    aws.until(lambda: unlike(described(aws, InstanceId), before))
    return Outcome("Restored: the instance accepts IMDSv1 and IMDSv2.", now, before)


def described(aws: Aws, instance: str) -> Instance:
    found: Instance = aws("ec2:DescribeInstances", InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    return found


def tokens(instance: Instance) -> dict[str, str]:
    return {"HttpTokens": instance["MetadataOptions"]["HttpTokens"]}


def without_token(aws: Aws, instance: str) -> int:
    """Return how often the instance's software used IMDSv1."""
    now = datetime.now(timezone.utc)
    found = aws(
        "cloudwatch:GetMetricStatistics",
        Namespace="AWS/EC2",
        MetricName="MetadataNoToken",
        Dimensions=[{"Name": "InstanceId", "Value": instance}],
        StartTime=now - timedelta(days=DAYS),
        EndTime=now,
        Period=24 * 60 * 60,
        Statistics=["Sum"],
    )
    return int(sum(day["Sum"] for day in found["Datapoints"]))


def unlike(instance: Instance, state: dict[str, str]) -> str:
    """Return what is wrong. A stopped instance applies its options at its next start."""
    running = instance["State"]["Name"] == "running"
    if tokens(instance) == state and (not running or instance["MetadataOptions"]["State"] == "applied"):
        return ""
    return "EC2 has not applied the metadata options yet."
