"""AWS Config in every state that an account may have it in."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from world import ACCOUNT, CHOSEN, World, withheld

BUCKET = f"hubmend-config-{ACCOUNT}-us-east-1"
LINKED = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
OWN = f"arn:aws:iam::{ACCOUNT}:role/config"
ALL = {"allSupported": True, "includeGlobalResourceTypes": True}
REGIONAL = {"allSupported": True, "includeGlobalResourceTypes": False}
Item = dict[str, Any]


class Config:
    """AWS Config of the account, and its repair."""

    def __init__(self, world: World) -> None:
        self.world, session = world, boto3.Session(region_name="us-east-1")
        self.config, self.s3, self.ssm = (session.client(service) for service in ("config", "s3", "ssm"))

    def make(self, role: str = LINKED, group: Item = ALL, name: str = "default", *, channel: bool = True, on: bool = True) -> None:
        self.config.put_configuration_recorder(ConfigurationRecorder={"name": name, "roleARN": role, "recordingGroup": group})
        if channel:
            self.config.put_delivery_channel(DeliveryChannel={"name": "theirs", "s3BucketName": "theirs"})
        if on:
            self.config.start_configuration_recorder(ConfigurationRecorderName=name)

    def set(self, name: str, value: str) -> None:
        self.ssm.put_parameter(Name=f"/hubmend/EnableConfig/{name}", Type="String", Value=value)

    def look(self) -> list[Any]:
        recorders = self.config.describe_configuration_recorders()["ConfigurationRecorders"]
        statuses = self.config.describe_configuration_recorder_status()["ConfigurationRecordersStatus"]
        return [recorders, [status["recording"] for status in statuses], self.config.describe_delivery_channels()["DeliveryChannels"]]

    def repair(self, **events: Any) -> Item:
        return self.world.run("hubmend-EnableConfig", RetentionInDays="30", **events)

    def undo(self, repaired: Item) -> Item:
        return self.world.undo("hubmend-EnableConfig", {"RetentionInDays": "30"}, repaired)

    def written(self) -> list[str]:
        return [call for call, _ in self.world.calls if not call.split(":")[1].startswith(("Get", "Describe", "BatchGet"))]

    def refuses(self, says: str) -> None:
        with pytest.raises(Exception, match=rf"^hubmend:refused .*{says}"):
            self.repair()
        assert self.written() == []


@pytest.fixture
def config(account: None, waits: list[float]) -> Config:  # noqa: ARG001  the fixtures are the account and its clock
    return Config(World())


PUT, CHANNEL, START = "config:PutConfigurationRecorder", "config:PutDeliveryChannel", "config:StartConfigurationRecorder"
LINK = "iam:CreateServiceLinkedRole"
MAKE_BUCKET = ["s3:CreateBucket", "s3:PutPublicAccessBlock", "s3:PutBucketPolicy", "s3:PutBucketLifecycleConfiguration"]


@pytest.mark.parametrize(
    ("before", "writes", "change"),
    [
        (
            None,
            [*MAKE_BUCKET, LINK, PUT, CHANNEL, START],
            f"created the recorder, set the service-linked role, included IAM resources, let it deliver to the bucket {BUCKET}, started recording.",
        ),
        ({"channel": False, "on": False}, [*MAKE_BUCKET, CHANNEL, START], f"let it deliver to the bucket {BUCKET}, started recording."),
        ({"on": False}, [START], "started recording."),
        ({"role": OWN, "name": "team"}, [LINK, PUT], "set the service-linked role."),
        ({"group": REGIONAL}, [PUT], "included IAM resources."),
        (
            {"role": OWN, "group": REGIONAL, "on": False},
            [LINK, PUT, START],
            "set the service-linked role, included IAM resources, started recording.",
        ),
    ],
)
def test_a_repair_and_its_undo(config: Config, before: Item | None, writes: list[str], change: str) -> None:
    if before is not None:
        config.make(**before)
    was = config.look()

    planned = withheld(config.repair(Mode="plan"))
    assert [call["Call"] for call in planned] == writes
    assert config.written() == []
    repaired = config.repair()
    assert config.written() == writes
    assert repaired["Change"] == f"Turned on AWS Config: {change}"
    ((recorder,), recording, (channel,)) = config.look()
    assert (recorder["roleARN"], recorder["recordingGroup"]["includeGlobalResourceTypes"], recording) == (LINKED, True, [True])
    assert channel["s3BucketName"] == ("theirs" if "channel" not in (before or {"channel": False}) else BUCKET)
    assert config.repair()["Change"].startswith("Nothing to change: the recorder ")
    assert config.written() == []

    assert config.undo(repaired)["Change"].startswith("Restored: ")
    assert config.look() == was
    assert config.undo(repaired)["Change"].startswith("Nothing to change: ")
    assert config.written() == []


def test_the_bucket_is_private_and_expires(config: Config) -> None:
    config.repair()
    (check, deliver, tls) = json.loads(config.s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]
    assert check["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    assert deliver["Resource"] == f"arn:aws:s3:::{BUCKET}/AWSLogs/{ACCOUNT}/Config/*"
    assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    (rule,) = config.s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    assert rule["Expiration"] == {"Days": 30}
    assert all(config.s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values())


def test_a_role_that_exists(config: Config) -> None:
    config.make(role=OWN)
    config.world.denied = {LINK: "InvalidInput"}
    assert config.repair()["Change"] == "Turned on AWS Config: set the service-linked role."


def test_security_hub_does_not_check_the_role(config: Config) -> None:
    config.make(role=OWN, on=False)
    value = {"includeConfigServiceLinkedRoleCheck": {"ValueType": "CUSTOM", "Value": {"Boolean": False}}}
    config.world.answers[CHOSEN] = lambda: {"SecurityControls": [{"Parameters": value}], "UnprocessedIds": []}
    assert config.repair()["Change"] == "Turned on AWS Config: started recording."


@pytest.mark.parametrize(("home", "included"), [("us-east-1", True), ("eu-west-1", False)])
def test_global_types_are_for_the_home_region(config: Config, home: str, *, included: bool) -> None:
    config.set("HomeRegion", home)
    config.repair()
    ((recorder,), *_) = config.look()
    assert recorder["recordingGroup"]["includeGlobalResourceTypes"] is included


def test_a_bucket_of_the_customer(config: Config) -> None:
    config.set("BucketName", "central")
    config.repair()
    assert config.look()[2] == [{"name": "default", "s3BucketName": "central"}]
    assert not any(call.startswith("s3:") for call in config.written())


@pytest.mark.parametrize("code", ["NoSuchBucketException", "InsufficientDeliveryPolicyException"])
def test_a_bucket_of_the_customer_that_cannot_be_used(config: Config, code: str) -> None:
    config.set("BucketName", "central")
    config.world.denied = {CHANNEL: code}
    with pytest.raises(Exception, match=r"^hubmend:refused AWS Config cannot deliver to the bucket central, which /hubmend/EnableConfig/BucketName"):
        config.repair()
    assert config.look() == [[], [], []]


@pytest.mark.parametrize(
    ("name", "group", "says"),
    [
        ("default", {"allSupported": False, "resourceTypes": ["AWS::EC2::Instance"]}, "The recorder default records only some resource types"),
        (
            "default",
            {
                "allSupported": False,
                "exclusionByResourceTypes": {"resourceTypes": ["AWS::EC2::Instance"]},
                "recordingStrategy": {"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"},
            },
            "The recorder default records only some resource types",
        ),
        ("aws-controltower-BaselineConfigRecorder", ALL, "was created by AWS Control Tower"),
        ("StackSet-config-4711-Recorder-1X2Y", ALL, "was created by a CloudFormation StackSet"),
    ],
)
def test_what_is_refused(config: Config, name: str, group: Item, says: str) -> None:
    config.make(OWN, group, name)
    config.refuses(says)


def test_a_recorder_of_a_service_does_not_count(config: Config) -> None:
    recorder = {"name": "AWSConfigurationRecorderForSecurityHub", "servicePrincipal": "securityhub.amazonaws.com", "roleARN": LINKED}
    config.world.answers["config:DescribeConfigurationRecorders"] = lambda: {"ConfigurationRecorders": [recorder]}
    assert withheld(config.repair(Mode="plan"))[5]["Call"] == PUT


def test_the_undo_leaves_what_was_changed_since(config: Config) -> None:
    config.make(role=OWN)
    repaired = config.repair()
    config.config.put_delivery_channel(DeliveryChannel={"name": "theirs", "s3BucketName": "moved"})
    with pytest.raises(Exception, match=r"^hubmend:refused AWS Config has changed since the repair "):
        config.undo(repaired)
    assert config.written() == []


def test_an_undo_that_stopped_halfway(config: Config) -> None:
    repaired = config.repair()
    config.config.stop_configuration_recorder(ConfigurationRecorderName="default")
    config.undo(repaired)
    assert config.look() == [[], [], []]


@pytest.mark.parametrize(
    ("call", "word"),
    [
        ("config:DescribeConfigurationRecorders", "read"),
        ("config:DescribeConfigurationRecorderStatus", "read"),
        ("config:DescribeDeliveryChannels", "read"),
        ("ssm:GetParameter", "read"),
        (LINK, "write"),
        (PUT, "write"),
        (CHANNEL, "write"),
        (START, "write"),
        ("s3:CreateBucket", "write"),
        ("s3:PutBucketPolicy", "write"),
    ],
)
def test_what_is_denied(config: Config, call: str, word: str) -> None:
    config.world.denied = {call: "AccessDeniedException"}
    with pytest.raises(Exception, match=f"^hubmend:{word} AccessDeniedException {call}: "):
        config.repair()
    # The next repair completes it.
    config.world.denied = {LINK: "InvalidInput"}
    assert config.repair()["Change"].startswith("Turned on AWS Config: ")


def test_the_control_cannot_be_read(config: Config) -> None:
    config.make(role=OWN)
    config.world.denied = {CHOSEN: "AccessDeniedException"}
    with pytest.raises(Exception, match=f"^hubmend:read AccessDeniedException {CHOSEN}: "):
        config.repair()
    config.world.denied = {CHOSEN: "InvalidAccessException"}  # Security Hub is off in this Region
    assert config.repair()["Change"] == "Turned on AWS Config: set the service-linked role."


def test_a_change_that_never_shows(config: Config) -> None:
    config.make(role=OWN)
    config.world.stale = 1000
    with pytest.raises(Exception, match=r"^hubmend:unverified AWS Config was turned on, but does not report it"):
        config.repair()
