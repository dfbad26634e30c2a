"""What the repair of alarms on a trail's events does, with trails, log groups, alarms and topics in moto."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from world import ACCOUNT, World, withheld

ALARMS = "hubmend-AlarmOnTrailEvents"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:hubmend-cis-alarms"
ROOT = '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }'
WRITES = [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}]
NO_KMS = [{"ReadWriteType": "All", "IncludeManagementEvents": True, "ExcludeManagementEventSources": ["kms.amazonaws.com"]}]
DATA = [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}]}]


def trail(name: str = "main", *, region: str = "us-east-1", group: str = "trail", multi: bool = True, logging: bool = True, **selectors: Any) -> str:
    client = boto3.client("cloudtrail", region_name=region)
    boto3.client("logs", region_name=region).create_log_group(logGroupName=group or "none")
    delivery = {"CloudWatchLogsLogGroupArn": f"arn:aws:logs:{region}:{ACCOUNT}:log-group:{group}:*", "CloudWatchLogsRoleArn": "arn:role"}
    client.create_trail(Name=name, S3BucketName="team-bucket", IsMultiRegionTrail=multi, **(delivery if group else {}))
    if selectors:
        client.put_event_selectors(TrailName=name, **selectors)
    if logging:
        client.start_logging(Name=name)
    return name


def topic(name: str = "hubmend-cis-alarms", *, subscribed: bool = True, **attributes: str) -> str:
    client = boto3.client("sns")
    arn: str = client.create_topic(Name=name, Attributes=attributes)["TopicArn"]
    if subscribed:
        client.subscribe(TopicArn=arn, Protocol="email", Endpoint="security@example.com")
    return arn


def alarm(name: str, metric: str, topic: str, **fields: Any) -> str:
    fixed = {"Namespace": "LogMetrics", "Statistic": "Sum", "Period": 300, "EvaluationPeriods": 1, "Threshold": 1, "TreatMissingData": "notBreaching"}
    operator = "GreaterThanOrEqualToThreshold"
    boto3.client("cloudwatch").put_metric_alarm(
        **{**fixed, "AlarmName": name, "MetricName": metric, "ComparisonOperator": operator, "AlarmActions": [topic], **fields}
    )
    return name


def metric_filter(name: str, pattern: str, metric: str = "Root") -> str:
    boto3.client("logs").delete_metric_filter(logGroupName="trail", filterName=name)  # moto would keep both
    made = [{"metricName": metric, "metricNamespace": "LogMetrics", "metricValue": "1"}]
    boto3.client("logs").put_metric_filter(logGroupName="trail", filterName=name, filterPattern=pattern, metricTransformations=made)
    return name


def state() -> dict[str, Any]:
    """Return the alarms and metric filters."""
    times = ("AlarmConfigurationUpdatedTimestamp", "StateUpdatedTimestamp")
    alarms = boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]
    filters = boto3.client("logs").describe_metric_filters()["metricFilters"]
    return {
        "alarms": {each["AlarmName"]: {name: part for name, part in each.items() if name not in times} for each in alarms},
        "filters": {each["filterName"]: {name: part for name, part in each.items() if name != "creationTime"} for each in filters},
    }


def repair(world: World, *names: str, **events: Any) -> Any:
    return world.run(ALARMS, Alarms=list(names or ["RootAccountUsage"]), **events)


def writes(world: World) -> list[str]:
    return [call.split(":")[1] for call, _ in world.calls if not call.split(":")[1].startswith(("Get", "Describe", "List"))]


def test_alarms_are_created_and_deleted(world: World) -> None:
    trail()
    topic()
    before = state()
    names = ("IAMPolicyChanges", "RootAccountUsage")
    plan = repair(world, *names, Mode="plan")
    assert ([call["Call"].split(":")[1] for call in withheld(plan)], writes(world)) == (["PutMetricFilter"] * 2 + ["PutMetricAlarm"] * 2, [])
    repaired = repair(world, *names)
    assert repaired["Change"] == plan["Change"] == f"Created alarms for IAM policy changes and use of the root user. They notify {TOPIC}."
    assert (repaired["Before"], repaired["After"]) == (plan["Before"], plan["After"])
    left = state()
    assert left["filters"]["hubmend-RootAccountUsage"]["metricTransformations"] == [
        {"metricName": "RootAccountUsage", "metricNamespace": "LogMetrics", "metricValue": "1", "defaultValue": 0.0}
    ]
    made = left["alarms"]["hubmend-RootAccountUsage"]
    assert (made["AlarmActions"], made["AlarmDescription"]) == ([TOPIC], "CloudTrail recorded use of the root user.")
    assert repair(world, *names)["Change"] == "Nothing to change: alarms with a subscribed topic report IAM policy changes and use of the root user."
    assert repair(world, *names, "VPCChanges")["Change"].startswith("Created alarms for VPC changes.")
    undone = world.undo(ALARMS, {}, repaired)
    assert undone["Change"].startswith("Restored: the alarms and metric filters for IAM policy changes and use of the root user")
    assert list(state()["alarms"]) == list(state()["filters"]) == ["hubmend-VPCChanges"]
    assert world.undo(ALARMS, {}, repaired)["Change"].startswith("Nothing to change: ")
    assert repaired["Before"] == undone["After"]
    assert before == {"alarms": {}, "filters": {}}


def test_all_fourteen_fit_into_one_execution(world: World) -> None:
    trail()
    topic()
    repaired = repair(world, *sorted(NAMES))
    assert len(state()["alarms"]) == len(state()["filters"]) == len(NAMES) == 14
    assert writes(world) == ["PutMetricFilter"] * 14 + ["PutMetricAlarm"] * 14
    world.undo(ALARMS, {}, repaired)
    assert state() == {"alarms": {}, "filters": {}}


NAMES = [
    "RootAccountUsage",
    "UnauthorizedAPICalls",
    "ConsoleSigninWithoutMFA",
    "IAMPolicyChanges",
    "CloudTrailChanges",
    "ConsoleAuthenticationFailure",
    "DisableOrDeleteCMK",
    "S3BucketPolicyChanges",
    "AWSConfigChanges",
    "SecurityGroupChanges",
    "NetworkACLChanges",
    "NetworkGatewayChanges",
    "RouteTableChanges",
    "VPCChanges",
]

COMPLIANT: dict[str, tuple[str, dict[str, Any]]] = {
    "spaces do not matter": (ROOT, {}),
    "without spaces": (ROOT.replace(" ", "").replace("NOTEXISTS", " NOT EXISTS"), {}),
}


@pytest.mark.parametrize("case", COMPLIANT)
def test_alarms_of_the_customer_count(world: World, case: str) -> None:
    pattern, fields = COMPLIANT[case]
    trail()
    metric_filter("theirs", pattern)
    alarm("theirs", "Root", topic("team"), **fields)
    assert repair(world)["Change"] == "Nothing to change: alarms with a subscribed topic report use of the root user."


OTHERS: dict[str, tuple[Callable[[], object], list[str]]] = {
    "another pattern": (lambda: (metric_filter("theirs", ROOT + " "), alarm("a", "Other", topic("team"))), ["PutMetricAlarm"]),
    "an added term": (
        lambda: (metric_filter("theirs", ROOT.replace(" }", ' && $.x = "y" }')), alarm("a", "Root", topic("team"))),
        ["PutMetricFilter", "PutMetricAlarm"],
    ),
    "no alarm": (lambda: metric_filter("theirs", ROOT), ["PutMetricAlarm"]),
    "actions off": (lambda: (metric_filter("theirs", ROOT), alarm("a", "Root", topic("team"), ActionsEnabled=False)), ["PutMetricAlarm"]),
    "topic without a subscription": (lambda: (metric_filter("theirs", ROOT), alarm("a", "Root", topic("t", subscribed=False))), ["PutMetricAlarm"]),
    "topic gone": (lambda: (metric_filter("theirs", ROOT), alarm("a", "Root", TOPIC + "-gone")), ["PutMetricAlarm"]),
    "topic of another account": (
        lambda: (metric_filter("theirs", ROOT), alarm("a", "Root", "arn:aws:sns:us-east-1:999999999999:t")),
        ["PutMetricAlarm"],
    ),
    "no topic": (
        lambda: (metric_filter("theirs", ROOT), alarm("a", "Root", "arn:aws:lambda:us-east-1:123456789012:function:f")),
        ["PutMetricAlarm"],
    ),
}


@pytest.mark.parametrize("case", OTHERS)
def test_what_is_missing_is_added(world: World, case: str) -> None:
    make, calls = OTHERS[case]
    trail()
    make()
    topic()
    before = state()
    repaired = repair(world)
    assert writes(world) == calls
    assert repair(world)["Change"].startswith("Nothing to change: ")
    left = state()
    assert {name: left["alarms"][name] for name in before["alarms"]} == before["alarms"]
    assert world.undo(ALARMS, {}, repaired)["Change"].startswith("Restored: ")
    assert state() == before


def test_an_alarm_of_hubmend_gets_another_topic(world: World) -> None:
    trail()
    old = topic("old")
    boto3.client("ssm").put_parameter(Name="/hubmend/AlarmOnTrailEvents/TopicArn", Value=old, Type="String")
    repair(world)
    before = state()
    boto3.client("sns").delete_topic(TopicArn=old)
    boto3.client("ssm").delete_parameter(Name="/hubmend/AlarmOnTrailEvents/TopicArn")
    topic()
    repaired = repair(world)
    assert state()["alarms"]["hubmend-RootAccountUsage"]["AlarmActions"] == [TOPIC]
    world.undo(ALARMS, {}, repaired)
    assert state() == before


def test_the_trail_with_filters_is_preferred(world: World) -> None:
    trail("first", group="first")
    trail()
    metric_filter("theirs", ROOT)
    topic()
    repair(world)
    assert writes(world) == ["PutMetricAlarm"]


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "no trail": (lambda: None, "has no trail of its own that is logging .*Remediate CloudTrail.1 first."),
    "not logging": (lambda: trail(logging=False), "Remediate CloudTrail.1 first"),
    "one Region": (lambda: trail(multi=False), "Remediate CloudTrail.1 first"),
    "without KMS": (lambda: trail(EventSelectors=NO_KMS), "Remediate CloudTrail.1 first"),
    "writes": (lambda: trail(EventSelectors=WRITES), "Remediate CloudTrail.1 first"),
    "data only": (lambda: trail(AdvancedEventSelectors=DATA), "Remediate CloudTrail.1 first"),
    "based elsewhere": (lambda: trail(region="eu-west-1"), "The trail main is based in eu-west-1. Security Hub looks for alarms on it only there"),
    "no log group": (lambda: trail(group=""), "The trail main does not deliver to CloudWatch Logs. Remediate CloudTrail.5"),
    "no topic": (trail, f"The alarms would go unnoticed: the topic {TOPIC} does not exist"),
    "no subscription": (lambda: (trail(), topic(subscribed=False)), f"The alarms would go unnoticed: the topic {TOPIC}"),
    "encrypted": (lambda: (trail(), topic(KmsMasterKeyId="alias/aws/sns")), "encrypted with the key alias/aws/sns"),
    "another filter of that name": (
        lambda: (trail(), topic(), metric_filter("hubmend-RootAccountUsage", "{ $.x = 1 }")),
        "The alarm or metric filter hubmend-RootAccountUsage exists, but does not",
    ),
    "another alarm of that name": (
        lambda: (trail(), topic(), alarm("hubmend-RootAccountUsage", "RootAccountUsage", TOPIC, Threshold=5)),
        "The alarm or metric filter hubmend-RootAccountUsage exists, but does not",
    ),
    "full": (lambda: (trail(), topic(), [metric_filter(f"f{n}", "x") for n in range(100)]), "has 100 metric filters, and CloudWatch Logs allows 100"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_missing_is_said(world: World, case: str) -> None:
    make, says = REFUSED[case]
    make()
    before = state()
    with pytest.raises(Exception, match="hubmend:refused .*" + says):
        repair(world)
    assert (writes(world), state()) == ([], before)


def test_a_subscription_that_nobody_confirmed_does_not_count(world: World) -> None:
    trail()
    topic()
    world.answers["sns:ListSubscriptionsByTopic"] = lambda: {"Subscriptions": [{"SubscriptionArn": "PendingConfirmation"}]}
    with pytest.raises(Exception, match="hubmend:refused The alarms would go unnoticed"):
        repair(world)


def test_a_topic_of_the_customer_that_is_elsewhere_is_refused(world: World) -> None:
    trail()
    boto3.client("ssm").put_parameter(Name="/hubmend/AlarmOnTrailEvents/TopicArn", Value="arn:aws:sns:eu-west-1:123456789012:t", Type="String")
    with pytest.raises(Exception, match="hubmend:refused The alarms would go unnoticed: the topic arn:aws:sns:eu-west-1"):
        repair(world)


def test_a_trail_of_the_organization_does_not_count(world: World) -> None:
    description = {"TrailARN": "arn:aws:cloudtrail:us-east-1:999999999999:trail/o", "HomeRegion": "us-east-1", "IsMultiRegionTrail": True}
    world.answers["cloudtrail:DescribeTrails"] = lambda: {"trailList": [description]}
    with pytest.raises(Exception, match=r"hubmend:refused .*A trail of account 999999999999 does: create the alarms there\."):
        repair(world)


CHANGES: dict[str, Callable[[], object]] = {
    "another threshold": lambda: alarm("hubmend-RootAccountUsage", "RootAccountUsage", TOPIC, Threshold=9),
    "another topic": lambda: alarm("hubmend-RootAccountUsage", "RootAccountUsage", topic("team")),
    "one more topic": lambda: alarm("hubmend-RootAccountUsage", "RootAccountUsage", TOPIC, AlarmActions=[TOPIC, TOPIC + "-2"]),
    "actions off": lambda: alarm("hubmend-RootAccountUsage", "RootAccountUsage", TOPIC, ActionsEnabled=False),
    "another period": lambda: alarm("hubmend-RootAccountUsage", "RootAccountUsage", TOPIC, Period=60),
    "another metric": lambda: metric_filter("hubmend-RootAccountUsage", ROOT, "Other"),
    "another pattern": lambda: metric_filter("hubmend-RootAccountUsage", "{ $.x = 1 }", "RootAccountUsage"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_since_stays(world: World, change: str) -> None:
    trail()
    topic()
    repaired = repair(world, "RootAccountUsage", "VPCChanges")
    CHANGES[change]()
    left = state()
    with pytest.raises(Exception, match="hubmend:refused hubmend-RootAccountUsage changed since the repair"):
        world.undo(ALARMS, {}, repaired)
    assert state() == left


def test_an_undo_that_stopped_halfway_goes_on(world: World) -> None:
    trail()
    topic()
    repaired = repair(world)
    boto3.client("cloudwatch").delete_alarms(AlarmNames=["hubmend-RootAccountUsage"])
    assert world.undo(ALARMS, {}, repaired)["Change"].startswith("Restored: ")
    assert writes(world) == ["DeleteMetricFilter"]
    assert state() == {"alarms": {}, "filters": {}}
