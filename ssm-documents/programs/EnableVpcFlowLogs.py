"""Create a flow log of a VPC's rejected traffic, and undo that."""

from typing import Any

from hubmend_runtime import Aws, Outcome, Refused, State, Unverified, items_of, unchanged

FlowLog = dict[str, Any]  # as EC2 describes it

# The attributes that identify a flow log. Its delivery status changes over time.
SETTINGS = ("FlowLogId", "TrafficType", "LogDestinationType", "LogDestination", "LogGroupName")
KEPT = (*SETTINGS, "FlowLogStatus", "DeliverLogsStatus", "DeliverLogsErrorMessage")


def repair(aws: Aws, VpcId: str, RetentionInDays: str) -> Outcome:
    aws("ec2:DescribeVpcs", VpcIds=[VpcId])  # fails for a VPC that does not exist, where DescribeFlowLogs returns an empty list
    logs = flow_logs(aws, VpcId)
    covering = [log for log in logs if log.get("FlowLogStatus") == "ACTIVE" and covers(log)]
    good = next((log for log in covering if not problem(log)), None)
    if good:
        traffic = "all" if good["TrafficType"] == "ALL" else "rejected"
        return unchanged(f"flow log {good['FlowLogId']} covers {traffic} traffic of the VPC.", kept(logs))
    group = f"/hubmend/vpc-flow-logs/{VpcId}"
    make_group(aws, group, int(RetentionInDays))
    answer = aws(
        "ec2:CreateFlowLogs",
        ResourceType="VPC",
        ResourceIds=[VpcId],
        TrafficType="REJECT",
        LogDestinationType="cloud-watch-logs",
        LogGroupName=group,
        DeliverLogsPermissionArn=f"arn:{aws.partition}:iam::{aws.account}:role/hubmend-flow-log-delivery",
        ClientToken=aws.execution,
        absent=("FlowLogAlreadyExists",),
    )
    refusals = reasons(answer or {}, but="FlowLogAlreadyExists")
    if refusals:
        raise Unverified(f"EC2 did not create a flow log. {refusals}")
    aws.until(lambda: undelivered(flow_logs(aws, VpcId), group))
    # Something else may create this flow log or log group at the same time, so the text does not say who did.
    text = f"A flow log of rejected traffic of the VPC delivers to log group {group} (retention of a new log group: {RetentionInDays} days)."
    if covering:
        names = ", ".join(f"{log['FlowLogId']} ({log.get('DeliverLogsErrorMessage') or 'no reason given'})" for log in covering)
        text += f" Other flow logs do not deliver and were left unchanged: {names}."
    made = [{"FlowLogId": one} for one in (answer or {}).get("FlowLogIds", [])] or [{}]
    return Outcome(text, kept(logs), kept(logs) + [{**one, "TrafficType": "REJECT", "LogGroupName": group} for one in made])


def undo(aws: Aws, before: State, after: State, VpcId: str) -> Outcome:
    was, logs = items_of(before), flow_logs(aws, VpcId)
    known = {log["FlowLogId"] for log in was}
    # Older versions of the repair did not record the id. Neither does a repair whose flow log something else created.
    made = {log["FlowLogId"] for log in items_of(after) if "FlowLogId" in log} - known
    ours = [log for log in logs if log["FlowLogId"] in made]
    if settings([log for log in logs if log not in ours]) != settings(was):
        raise Refused(refusal(aws.repair, VpcId, made, [log["FlowLogId"] for log in logs if log["FlowLogId"] not in made | known]))
    if not ours:
        return unchanged("the flow logs of the VPC are as they were before the repair.", kept(logs))
    answer = aws("ec2:DeleteFlowLogs", FlowLogIds=[log["FlowLogId"] for log in ours], absent=("InvalidFlowLogId.NotFound",))
    why = reasons(answer or {}) or "EC2 gave no reason"
    aws.until(lambda: still_there(flow_logs(aws, VpcId), made, why))
    text = f"Restored: deleted flow log {ours[0]['FlowLogId']} of the VPC. Its log group {ours[0].get('LogGroupName')} stays."
    return Outcome(text, kept(logs), was)


def flow_logs(aws: Aws, vpc: str) -> list[FlowLog]:
    """Return the flow logs of the VPC. Those of its subnets do not count."""
    found: list[FlowLog] = aws("ec2:DescribeFlowLogs", Filter=[{"Name": "resource-id", "Values": [vpc]}])["FlowLogs"]
    return found


def make_group(aws: Aws, name: str, days: int) -> None:
    """Create the log group first, so that the flow log can deliver from the start. An existing one keeps its retention."""
    if any(one["logGroupName"] == name for one in aws("logs:DescribeLogGroups", logGroupNamePrefix=name)["logGroups"]):
        return
    if aws("logs:CreateLogGroup", logGroupName=name, absent=("ResourceAlreadyExistsException",)) is not None:
        # Retry until CloudWatch Logs sees the new group, because a later run would not set the retention.
        aws("logs:PutRetentionPolicy", logGroupName=name, retentionInDays=days, retry=("ResourceNotFoundException",))


def reasons(answer: dict[str, Any], but: str = "") -> str:
    """Return why EC2 did nothing, which it reports in a successful response."""
    errors = [one.get("Error", {}) for one in answer.get("Unsuccessful", [])]
    return "; ".join(f"{error.get('Code')}: {error.get('Message')}" for error in errors if not but or error.get("Code") != but)


def covers(log: FlowLog) -> bool:
    return log.get("TrafficType") in ("REJECT", "ALL")


def undelivered(logs: list[FlowLog], group: str) -> str:
    """Return nothing when an active flow log delivers to the log group, as far as EC2 knows yet."""
    ours = [log for log in logs if log.get("LogGroupName") == group and covers(log)]
    if any(not problem(log) for log in ours):
        return ""
    if ours:
        raise Unverified(
            f"Flow log {ours[0]['FlowLogId']} to {group} exists, but {problem(ours[0])}. Make sure that the role hubmend-flow-log-delivery is as in "
            "the member template, delete the flow log, and start the repair again."
        )
    return f"The VPC has no flow log of rejected traffic to {group}. Start the repair again."


def problem(log: FlowLog) -> str:
    """Return why a flow log does not deliver. A new flow log, with neither status nor error, counts as delivering."""
    if log.get("FlowLogStatus") != "ACTIVE":
        return f"its status is {log.get('FlowLogStatus')}"
    status, message = log.get("DeliverLogsStatus"), log.get("DeliverLogsErrorMessage")
    return "" if status == "SUCCESS" or not (status or message) else f"it does not deliver: {message or status}"


def still_there(logs: list[FlowLog], made: set[str], why: str) -> str:
    still = [log["FlowLogId"] for log in logs if log["FlowLogId"] in made]
    return f"Flow log {still[0]} still exists ({why}). Delete it manually, or try again." if still else ""


def refusal(repair: str, vpc: str, made: set[str], new: list[str]) -> str:
    if new and not made:
        return (
            f"The repair {repair} did not record which flow log of {vpc} it created, so none was deleted. Created since then: "
            f"{', '.join(new)}. To remove a flow log, delete it manually."
        )
    return (
        f"The flow logs of {vpc} have changed since the repair {repair}, so they were left unchanged. Find out who changed them. "
        f"The repair created: {', '.join(sorted(made)) or 'nothing'}. To remove a flow log, delete it manually."
    )


def kept(logs: list[FlowLog]) -> list[FlowLog]:
    return [{key: log[key] for key in KEPT if log.get(key)} for log in logs]


def settings(logs: list[FlowLog]) -> list[list[str]]:
    return sorted([log.get(key, "") for key in SETTINGS] for log in logs)
