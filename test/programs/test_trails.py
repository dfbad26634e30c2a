"""What the repairs of trails do, with trails in moto."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from documents import DOCUMENTS
from world import ACCOUNT, World, withheld

MULTI = "hubmend-EnableMultiRegionTrail"
CREATED, BUCKET = "hubmend-management-events", f"hubmend-trail-{ACCOUNT}-us-east-1"
DATA = {"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True, "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]}
READS = [{"Field": "eventCategory", "Equals": ["Management"]}, {"Field": "readOnly", "Equals": ["true"]}]
LAMBDA = [{"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": ["AWS::Lambda::Function"]}]


def trail(name: str, *, region: str = "us-east-1", logging: bool = True, **fields: Any) -> str:
    """Make a trail and return its ARN."""
    client = boto3.client("cloudtrail", region_name=region)
    selectors = {kind: fields.pop(kind) for kind in ("EventSelectors", "AdvancedEventSelectors") if kind in fields}
    arn: str = client.create_trail(Name=name, S3BucketName="team-bucket", **fields)["TrailARN"]
    if selectors:
        client.put_event_selectors(TrailName=name, **selectors)
    if logging:
        client.start_logging(Name=name)
    return arn


def state(region: str = "us-east-1") -> list[Any]:
    """Return all that is known of the trails at home in a Region."""
    client = boto3.client("cloudtrail", region_name=region)
    return [
        (
            found | {"HasCustomEventSelectors": None},
            client.get_trail_status(Name=found["Name"])["IsLogging"],
            [{k: v for k, v in client.get_event_selectors(TrailName=found["Name"]).items() if k.endswith("EventSelectors") and v}],
        )
        for found in client.describe_trails(includeShadowTrails=False)["trailList"]
    ]


def repair(world: World, **events: Any) -> Any:
    return world.run(MULTI, RetentionInDays="365", **events)


def writes(world: World) -> list[str]:
    return [call for call, _ in world.calls if not call.split(":")[1].startswith(("Get", "Describe"))]


EXTENDED: dict[str, tuple[Callable[[], object], list[str], str]] = {
    "stopped": (lambda: trail("main", logging=False, IsMultiRegionTrail=True), ["StartLogging"], "logging is on"),
    "of one Region": (lambda: trail("main"), ["UpdateTrail"], "it records all Regions"),
    "of one Region, without global events": (lambda: trail("main", IncludeGlobalServiceEvents=False), ["UpdateTrail"], "it records all Regions"),
    "of one Region, stopped": (lambda: trail("main", logging=False), ["UpdateTrail", "StartLogging"], "it records all Regions, logging is on"),
    "of writes": (
        lambda: trail("main", IsMultiRegionTrail=True, EventSelectors=[{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}]),
        ["PutEventSelectors"],
        "it records all management events",
    ),
    "without KMS": (
        lambda: trail(
            "main",
            IsMultiRegionTrail=True,
            EventSelectors=[{"ReadWriteType": "All", "IncludeManagementEvents": True, "ExcludeManagementEventSources": ["kms.amazonaws.com"]}],
        ),
        ["PutEventSelectors"],
        "it records all management events",
    ),
    "of writes, with data events": (
        lambda: trail("main", IsMultiRegionTrail=True, EventSelectors=[DATA]),
        ["PutEventSelectors"],
        "it records all management events",
    ),
    "advanced, of reads, with data events": (
        lambda: trail("main", IsMultiRegionTrail=True, AdvancedEventSelectors=[{"FieldSelectors": READS}, {"FieldSelectors": LAMBDA}]),
        ["PutEventSelectors"],
        "it records all management events",
    ),
}


@pytest.mark.parametrize("case", EXTENDED)
def test_the_trail_that_lacks_least_is_completed(world: World, case: str) -> None:
    make, calls, change = EXTENDED[case]
    trail("frankfurt", region="eu-central-1", logging=False)  # which is not visible here
    make()
    before = state()
    plan = repair(world, Mode="plan")
    assert ([call["Call"].split(":")[1] for call in withheld(plan)], writes(world)) == (calls, [])
    repaired = repair(world)
    assert [call.split(":")[1] for call in writes(world)] == calls
    assert repaired["Change"] == plan["Change"] == f"Changed the trail main: {change}."
    assert (repaired["Before"], repaired["After"]) == (plan["Before"], plan["After"])
    assert repair(world)["Change"] == "Nothing to change: the trail main records the management events of all Regions."
    left = state()
    assert world.undo(MULTI, {"RetentionInDays": "365"}, repaired)["Change"].startswith("Restored the trail main: ")
    assert state() == before != left
    assert world.undo(MULTI, {"RetentionInDays": "365"}, repaired)["Change"].startswith("Nothing to change: ")


def test_data_events_stay_as_they_are(world: World) -> None:
    trail("main", IsMultiRegionTrail=True, EventSelectors=[DATA])
    repair(world)
    (put,) = [parameters for call, parameters in world.calls if call == "cloudtrail:PutEventSelectors"]
    assert put["EventSelectors"] == [{**DATA, "IncludeManagementEvents": False}, {"ReadWriteType": "All", "IncludeManagementEvents": True}]


def test_advanced_selectors_stay_advanced(world: World) -> None:
    trail("main", IsMultiRegionTrail=True, AdvancedEventSelectors=[{"FieldSelectors": READS}, {"Name": "functions", "FieldSelectors": LAMBDA}])
    repair(world)
    (put,) = [parameters for call, parameters in world.calls if call == "cloudtrail:PutEventSelectors"]
    functions, everything = put["AdvancedEventSelectors"]
    assert (functions, everything["FieldSelectors"]) == ({"Name": "functions", "FieldSelectors": LAMBDA}, READS[:1])


def test_a_trail_is_changed_in_its_home_region(world: World) -> None:
    trail("main", region="eu-west-1", logging=False, IsMultiRegionTrail=True)
    assert repair(world)["Change"] == "Changed the trail main: logging is on."
    assert state("eu-west-1")[0][1]


@pytest.mark.parametrize(
    "others",
    [
        [],
        [{"name": "data", "EventSelectors": [DATA]}],  # of one Region
        [{"name": "data", "logging": False, "IsMultiRegionTrail": True, "EventSelectors": [DATA]}],
    ],
)
def test_a_trail_is_created(world: World, others: list[dict[str, Any]]) -> None:
    for other in others:
        trail(**other)
    before = state()
    repaired = repair(world)
    assert repaired["Change"] == f"Created the trail {CREATED}, which records the management events of all Regions to the bucket {BUCKET}."
    (created,) = [each for each in state() if each not in before]
    description, logging, _ = created
    assert {"S3BucketName": BUCKET, "IsMultiRegionTrail": True, "LogFileValidationEnabled": True}.items() <= description.items()
    assert logging
    s3 = boto3.client("s3")
    assert all(s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values())
    assert s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"][0]["Expiration"] == {"Days": 365}
    check, deliver, tls = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]
    source = {"aws:SourceArn": f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/{CREATED}"}
    assert check["Condition"] == {"StringEquals": source}
    assert deliver["Condition"] == {"StringEquals": {**source, "s3:x-amz-acl": "bucket-owner-full-control"}}
    assert (deliver["Resource"], tls["Effect"]) == (f"arn:aws:s3:::{BUCKET}/AWSLogs/{ACCOUNT}/*", "Deny")
    assert repair(world)["Change"] == f"Nothing to change: the trail {CREATED} records the management events of all Regions."
    undone = world.undo(MULTI, {"RetentionInDays": "365"}, repaired)
    assert undone["Change"] == f"Restored: the trail {CREATED} is deleted. Its bucket {BUCKET} and the log files stay."
    assert state() == before
    assert s3.head_bucket(Bucket=BUCKET)
    assert world.undo(MULTI, {"RetentionInDays": "365"}, repaired)["Change"].startswith("Nothing to change: ")
    assert repair(world)["Change"].startswith("Created the trail")


def test_the_bucket_may_be_the_customers(world: World) -> None:
    boto3.client("ssm").put_parameter(Name="/hubmend/EnableMultiRegionTrail/BucketName", Value="team-bucket", Type="String")
    assert repair(world)["Change"].endswith("to the bucket team-bucket.")
    assert not any(call.startswith("s3:") for call, _ in world.calls)


@pytest.mark.parametrize("code", ["S3BucketDoesNotExistException", "InsufficientS3BucketPolicyException"])
def test_a_bucket_of_the_customer_that_cannot_be_used_is_refused(world: World, code: str) -> None:
    boto3.client("ssm").put_parameter(Name="/hubmend/EnableMultiRegionTrail/BucketName", Value="team-bucket", Type="String")
    world.denied["cloudtrail:CreateTrail"] = code
    with pytest.raises(Exception, match="hubmend:refused CloudTrail cannot deliver to the bucket team-bucket, which /hubmend/EnableMultiRegionTrail"):
        repair(world)


def test_a_new_bucket_may_not_be_visible_yet(world: World, waits: list[float]) -> None:
    world.denied["cloudtrail:CreateTrail"] = "InsufficientS3BucketPolicyException"
    with pytest.raises(Exception, match="hubmend:write InsufficientS3BucketPolicyException cloudtrail:CreateTrail"):
        repair(world)
    assert waits[-4:] == [2.0, 4.0, 8.0, 16.0]


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ({"IsLogging": False}, "is not logging"),
        ({"IsLogging": True}, "does not record all management events"),
    ],
)
def test_a_trail_of_the_organization_is_not_doubled(world: World, status: dict[str, Any], says: str) -> None:
    arn = "arn:aws:cloudtrail:us-east-1:999999999999:trail/organization"
    description = {"TrailARN": arn, "Name": "organization", "HomeRegion": "us-east-1", "IsMultiRegionTrail": True}
    world.answers["cloudtrail:DescribeTrails"] = lambda: {"trailList": [description]}
    world.answers["cloudtrail:GetTrailStatus"] = lambda: status
    world.denied["cloudtrail:GetEventSelectors"] = "TrailNotFoundException"
    with pytest.raises(Exception, match=f"hubmend:refused organization is a trail of account 999999999999 .* it {says}. Change it in account"):
        repair(world)
    del world.denied["cloudtrail:GetEventSelectors"]
    world.answers["cloudtrail:GetEventSelectors"] = lambda: {"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True}]}
    if status["IsLogging"]:
        assert repair(world)["Change"] == "Nothing to change: the trail organization records the management events of all Regions."
    assert writes(world) == []


CHANGES: dict[str, Callable[[Any], object]] = {
    "stopped": lambda cloudtrail: cloudtrail.stop_logging(Name=CREATED),
    "another bucket": lambda cloudtrail: cloudtrail.update_trail(Name=CREATED, S3BucketName="team-bucket"),
    "a key": lambda cloudtrail: cloudtrail.update_trail(Name=CREATED, KmsKeyId="arn:aws:kms:us-east-1:123456789012:key/k"),
    "data events": lambda cloudtrail: cloudtrail.put_event_selectors(TrailName=CREATED, EventSelectors=[DATA]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_trail_that_changed_since_stays(world: World, change: str) -> None:
    repaired = repair(world)
    CHANGES[change](boto3.client("cloudtrail"))
    left = state()
    with pytest.raises(Exception, match=f"hubmend:refused The trail arn:.*{CREATED} has changed since the repair"):
        world.undo(MULTI, {"RetentionInDays": "365"}, repaired)
    assert state() == left


def test_documents_are_deployed() -> None:
    assert MULTI in DOCUMENTS
