"""The statement that requires TLS, merged into the policies that buckets have."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from world import World, withheld

BUCKET, ARN = "orders", "arn:aws:s3:::orders"
READ = {"Sid": "Read", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999999999999:root"}, "Action": "s3:GetObject", "Resource": f"{ARN}/*"}
LIST = {**READ, "Sid": "List", "Action": "s3:ListBucket", "Resource": ARN}
OURS = {
    "Sid": "HubmendRequireTLS",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": [ARN, f"{ARN}/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
TEAM = {**OURS, "Sid": "TLS"}
WRITES = ("s3:PutBucketPolicy", "s3:DeleteBucketPolicy")
Policy = dict[str, Any]


def policy(*statements: Policy, **more: Any) -> Policy:
    return {"Version": "2012-10-17", **more, "Statement": list(statements)}


class Bucket:
    """A bucket, and the repair of its policy."""

    def __init__(self, world: World) -> None:
        self.world, self.s3 = world, boto3.Session(region_name="us-east-1").client("s3")
        self.s3.create_bucket(Bucket=BUCKET)

    def put(self, document: Policy | str | None) -> None:
        if document is None:
            self.s3.delete_bucket_policy(Bucket=BUCKET)
        else:
            self.s3.put_bucket_policy(Bucket=BUCKET, Policy=document if isinstance(document, str) else json.dumps(document))

    def policy(self) -> Policy | None:
        try:
            found: Policy = json.loads(self.s3.get_bucket_policy(Bucket=BUCKET)["Policy"])
        except self.s3.exceptions.ClientError:
            return None
        return found

    def repair(self, **events: Any) -> Policy:
        return self.world.run("hubmend-RequireBucketTLS", BucketName=BUCKET, **events)

    def undo(self, repaired: Policy, **events: Any) -> Policy:
        return self.world.undo("hubmend-RequireBucketTLS", {"BucketName": BUCKET}, repaired, **events)

    def written(self) -> list[Policy]:
        return [{"Call": call, "Parameters": parameters} for call, parameters in self.world.calls if call in WRITES]

    def changes_at(self, *reads: int, to: list[Policy]) -> None:
        """Let something else put a policy each time that the run has made so many reads."""
        made, ahead = [0], list(to)

        def count(**_: object) -> None:
            made[0] += 1
            if made[0] in reads:
                self.put(ahead.pop(0))

        boto3.DEFAULT_SESSION.events.register("after-call.s3.GetBucketPolicy", count)


@pytest.fixture
def bucket(account: None, waits: list[float]) -> Bucket:  # noqa: ARG001  the fixtures are the account and its clock
    return Bucket(World())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, policy(OURS)),
        (policy(READ, LIST), policy(READ, LIST, OURS)),
        (policy(READ, Id="team", Version="2008-10-17"), policy(READ, OURS, Id="team", Version="2008-10-17")),
        ({"Version": "2012-10-17", "Statement": READ}, policy(READ, OURS)),  # a single statement
        (policy({**OURS, "Resource": ARN}, READ), policy(READ, OURS)),  # someone changed the statement of an earlier repair
        (policy({**TEAM, "Resource": f"{ARN}/*"}), policy({**TEAM, "Resource": f"{ARN}/*"}, OURS)),  # only the objects
        (policy({**TEAM, "Action": ["s3:GetObject", "s3:PutObject"]}), None),
        (policy({**TEAM, "Principal": {"AWS": "arn:aws:iam::999999999999:root"}}), None),
        (policy({**TEAM, "Principal": {"Service": "*"}}), None),
        (policy({**TEAM, "Effect": "Allow", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}), None),
        (policy({**TEAM, "Condition": {"Bool": {"aws:SecureTransport": "false"}, "StringEquals": {"aws:SourceVpc": "vpc-1"}}}), None),
        (policy({**TEAM, "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}}), None),
        (policy({name: part for name, part in {**TEAM, "NotAction": "s3:GetObject"}.items() if name != "Action"}), None),
        (policy({**READ, "Sid": "Größe"}), policy({**READ, "Sid": "Größe"}, OURS)),
    ],
)
def test_the_statement_is_added_and_removed(bucket: Bucket, before: Policy | None, after: Policy | None) -> None:
    if before:
        bucket.put(before)
    after = after or {**(before or {}), "Statement": [*(before or {})["Statement"], OURS]}

    planned = withheld(bucket.repair(Mode="plan"))
    assert bucket.written() == []
    repaired = bucket.repair()
    assert bucket.written() == planned
    assert bucket.policy() == after
    assert bucket.repair()["Change"] == "Nothing to change: the bucket policy denies requests without TLS."
    assert bucket.written() == []

    undone = bucket.undo(repaired)
    assert len(bucket.written()) == 1
    assert undone["Change"].startswith("Restored: ")
    (was, now) = ((found or policy())["Statement"] for found in (before, bucket.policy()))
    assert sorted(now, key=str) == sorted(was if isinstance(was, list) else [was], key=str)
    assert (bucket.policy() is None) == (before is None)
    assert bucket.undo(repaired)["Change"].startswith("Nothing to change: ")


@pytest.mark.parametrize(
    "compliant",
    [
        policy(TEAM),
        policy(READ, {**TEAM, "Principal": {"AWS": "*"}, "Action": ["s3:*"]}),
        policy({**TEAM, "Principal": {"AWS": ["*"]}, "Action": "*", "Resource": "*"}),
        policy({**TEAM, "Condition": {"Bool": {"aws:securetransport": False}}}),
        policy({**TEAM, "Condition": {"bool": {"AWS:SecureTransport": ["false"]}}}),
        policy({**TEAM, "Resource": ARN}, {**TEAM, "Sid": "Objects", "Resource": f"{ARN}/*"}),
        {"Version": "2012-10-17", "Statement": TEAM},
        policy({**OURS, "Resource": "arn:aws:s3:::*"}),
    ],
)
def test_a_policy_that_requires_tls_stays(bucket: Bucket, compliant: Policy) -> None:
    bucket.put(compliant)
    kept = bucket.repair()
    assert kept["Change"].startswith("Nothing to change: ")
    assert bucket.undo(kept)["Change"].startswith("Nothing to change: ")
    assert bucket.written() == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("not JSON", "is not a valid policy document"),
        ("[]", "is not a valid policy document"),
        ('{"Version":"2012-10-17"}', "is not a valid policy document"),
        ('{"Statement":["all"]}', "is not a valid policy document"),
        (json.dumps(policy({**READ, "Condition": {"StringEquals": {"aws:SourceVpc": ["vpc-0123456789abcdef0"] * 840}}})), "limit of 20 KB"),
    ],
)
def test_a_policy_that_cannot_be_extended(bucket: Bucket, text: str, says: str) -> None:
    bucket.put(text)
    with pytest.raises(Exception, match=f"^hubmend:refused .*{says}"):
        bucket.repair()
    assert bucket.written() == []


def test_a_policy_that_s3_no_longer_accepts(bucket: Bucket) -> None:
    bucket.put(policy(READ))
    bucket.world.denied = {"s3:PutBucketPolicy": "MalformedPolicy"}
    with pytest.raises(Exception, match=r"^hubmend:refused S3 does not accept the current policy of the bucket orders any more"):
        bucket.repair()


def test_a_change_by_another_between_reading_and_writing_stays(bucket: Bucket) -> None:
    bucket.put(policy(READ))
    bucket.changes_at(1, to=[policy(READ, LIST)])
    repaired = bucket.repair()
    assert bucket.policy() == policy(READ, LIST, OURS)

    bucket.changes_at(1, to=[policy(READ, OURS)])
    bucket.undo(repaired)
    assert bucket.policy() == policy(READ)


def test_another_that_never_stops_changing_the_policy(bucket: Bucket) -> None:
    bucket.put(policy(READ))
    bucket.changes_at(1, 3, 5, to=[policy(LIST), policy(READ), policy(LIST)])
    with pytest.raises(Exception, match=r"^hubmend:refused Something else is changing the policy of the bucket orders"):
        bucket.repair()
    assert bucket.written() == []


def test_the_undo_leaves_what_was_changed_since(bucket: Bucket) -> None:
    repaired = bucket.repair()
    bucket.put(policy({**OURS, "Action": "s3:PutObject"}, READ))
    with pytest.raises(Exception, match=r"^hubmend:refused The statement HubmendRequireTLS .* has changed since the repair "):
        bucket.undo(repaired)
    assert bucket.written() == []

    bucket.put(policy(READ, OURS, LIST))
    assert bucket.undo(repaired)["Change"] == "Restored: removed the statement HubmendRequireTLS from the bucket policy. Other statements stay."
    assert bucket.policy() == policy(READ, LIST)


@pytest.mark.parametrize("call", ["s3:GetBucketPolicy", "s3:PutBucketPolicy"])
def test_what_is_denied(bucket: Bucket, call: str) -> None:
    bucket.world.denied = {call: "AccessDenied"}
    with pytest.raises(Exception, match=f"^hubmend:(read|write) AccessDenied {call}: no. The bucket orders does not belong to account"):
        bucket.repair()
    assert bucket.policy() is None


def test_a_change_that_is_slow_to_show(bucket: Bucket) -> None:
    bucket.put(policy(READ))
    bucket.world.stale = 3
    bucket.repair()
    assert bucket.policy() == policy(READ, OURS)


def test_a_change_that_never_shows(bucket: Bucket) -> None:
    bucket.put(policy(READ))
    bucket.world.stale = 1000
    with pytest.raises(Exception, match=r"^hubmend:unverified The bucket policy does not deny requests without TLS"):
        bucket.repair()
