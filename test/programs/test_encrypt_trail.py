"""What the repair of a trail's encryption does, with trails in moto."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from world import ACCOUNT, World, withheld

ENCRYPT = "hubmend-EncryptTrail"
TRAIL = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main"
KEY, OTHER = (f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{name}" for name in ("right", "other"))


@pytest.fixture
def world(world: World) -> World:
    """Add a trail to the account."""
    boto3.client("cloudtrail").create_trail(Name="main", S3BucketName="team-bucket")
    return world


def choose(key: str) -> None:
    boto3.client("ssm").put_parameter(Name="/hubmend/EncryptTrail/KmsKeyArn", Value=key, Type="String", Overwrite=True)


def key_of() -> str:
    return str(boto3.client("cloudtrail").get_trail(Name="main")["Trail"].get("KmsKeyId", ""))


def run(world: World, **events: Any) -> Any:
    return world.run(ENCRYPT, TrailArn=TRAIL, **events)


def test_a_trail_is_encrypted_with_the_customers_key(world: World) -> None:
    choose(KEY)
    plan = run(world, Mode="plan")
    assert (withheld(plan), key_of()) == ([{"Call": "cloudtrail:UpdateTrail", "Parameters": {"Name": TRAIL, "KmsKeyId": KEY}}], "")
    repaired = run(world)
    assert (
        repaired["Change"]
        == plan["Change"]
        == (f"New log files of the trail are encrypted with the key {KEY}. Readers of the log files need kms:Decrypt.")
    )
    assert key_of() == KEY
    choose(OTHER)
    assert run(world)["Change"] == f"Nothing to change: the trail is encrypted with the key {KEY}."
    undone = world.undo(ENCRYPT, {"TrailArn": TRAIL}, repaired)
    assert (undone["Change"].split(":")[0], key_of()) == ("Restored", "")
    assert world.undo(ENCRYPT, {"TrailArn": TRAIL}, repaired)["Change"].startswith("Nothing to change: ")


def test_another_key_since_stays(world: World) -> None:
    choose(KEY)
    repaired = run(world)
    boto3.client("cloudtrail").update_trail(Name="main", KmsKeyId=OTHER)
    with pytest.raises(Exception, match=r"hubmend:refused The KMS key of the trail .* has changed since the repair"):
        world.undo(ENCRYPT, {"TrailArn": TRAIL}, repaired)
    assert key_of() == OTHER


def test_without_a_key_nothing_changes(world: World) -> None:
    with pytest.raises(Exception, match=r"hubmend:refused No KMS key is set for trails.* /hubmend/EncryptTrail/KmsKeyArn in account"):
        run(world)


@pytest.mark.parametrize("value", ["alias/trails", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/trails", "right"])
def test_a_value_that_is_no_key_is_refused(world: World, value: str) -> None:
    choose(value)
    with pytest.raises(Exception, match=r"hubmend:refused .* which is not the ARN of a KMS key"):
        run(world)
    assert key_of() == ""


@pytest.mark.parametrize("code", ["InsufficientEncryptionPolicyException", "KmsKeyDisabledException", "KmsKeyNotFoundException"])
def test_a_key_that_cloudtrail_cannot_use_is_refused(world: World, code: str) -> None:
    choose(KEY)
    world.denied["cloudtrail:UpdateTrail"] = code
    with pytest.raises(Exception, match=f"hubmend:refused CloudTrail cannot use the key {KEY}. .* kms:GenerateDataKey"):
        run(world)


@pytest.mark.parametrize(
    "arn", [TRAIL.replace("us-east-1", "eu-west-1"), TRAIL.replace(ACCOUNT, "999999999999")], ids=["another Region", "another account"]
)
def test_a_trail_that_cannot_be_changed_here_is_refused(world: World, arn: str) -> None:
    choose(KEY)
    world.answers["cloudtrail:GetTrail"] = lambda: {"Trail": {"Name": "main"}}
    with pytest.raises(Exception, match=r"hubmend:refused The trail .* can be changed only in account"):
        world.run(ENCRYPT, TrailArn=arn)
