"""What the linter of settings finds."""

from __future__ import annotations

import copy
from typing import Any

import check_settings
import pytest

GOOD: dict[str, Any] = {
    "what": "deletion protection of the DB instance",
    "read": [{"call": "rds:DescribeDBInstances", "with": {"DBInstanceIdentifier": "{Name}"}, "absent": ["DBInstanceNotFound"]}],
    "value": "DBInstances[0].DeletionProtection",
    "want": True,
    "skip": [
        {"when": "DBInstances[0].DBClusterIdentifier && !(DBInstances[0].MultiAZ)", "say": "{DBInstances[0].DBClusterIdentifier} is a cluster."}
    ],
    "refuse": [{"when": "length(DBInstances[?Engine=='db2'].Engine) > `0`", "say": "It is Db2."}],
    "ready": "DBInstances[0].DBInstanceStatus == 'available'",
    "write": [{"call": "rds:ModifyDBInstance", "with": {"DBInstanceIdentifier": "{Name}", "DeletionProtection": "{value}"}, "when": "value"}],
}

BUCKET: dict[str, Any] = {
    "what": "the public access block",
    "read": [{"call": "s3control:GetPublicAccessBlock", "with": {"AccountId": "{account}"}}],
    "value": "PublicAccessBlockConfiguration",
    "want": {"BlockPublicAcls": True},
    "write": [{"call": "s3control:PutPublicAccessBlock", "with": {"AccountId": "{account}", "PublicAccessBlockConfiguration": "{value}"}}],
}

LOGS: dict[str, Any] = {
    **GOOD,
    "value": "DBInstances[0].EnabledCloudwatchLogsExports",
    "add": ["postgresql"],
    "write": [
        {
            "call": "rds:ModifyDBInstance",
            "with": {"DBInstanceIdentifier": "{Name}", "CloudwatchLogsExportConfiguration": {"EnableLogTypes": "{added}"}},
        }
    ],
}
del LOGS["want"]


def problems(declared: dict[str, Any], parameter: str = "Name") -> list[str]:
    found = check_settings.Setting(declared, [parameter]).problems()
    return [f"{'.'.join(str(step) for step in at)}: {text}" for at, text in found]


@pytest.mark.parametrize("declared", [GOOD, BUCKET, LOGS])
def test_nothing_is_wrong(declared: dict[str, Any]) -> None:
    assert problems(declared) == []


@pytest.mark.parametrize(
    ("declared", "at", "text", "want"),
    [
        (GOOD, "read.0.call", "rds:DescribeInstances", "read.0.call: AWS has no call rds:DescribeInstances"),
        (GOOD, "read.0.with", {"Identifier": "{Name}"}, "read.0.with.Identifier: there is no Identifier"),
        (GOOD, "read.0.with.DBInstanceIdentifier", "{Nam}", "read.0.with.DBInstanceIdentifier: Nam: there is no Nam"),
        (GOOD, "read.0.absent", ["NoSuchInstance"], "read.0.absent: rds:DescribeDBInstances is not known to answer NoSuchInstance"),
        (GOOD, "value", "DBInstances[0].Protection", "value: there is no Protection in DBInstance"),
        (GOOD, "value", "DBInstances.DeletionProtection", "value: a list has no DeletionProtection"),
        (GOOD, "value", "DBInstances[0", "value: "),
        (GOOD, "value", "DBInstances[0].TdeCredentialArn || MasterUserSecret", "value: there is no MasterUserSecret"),
        (GOOD, "want", "true", "want: it is a boolean, and not a string"),
        (GOOD, "want", {"Enabled": True}, "want: the value is a boolean"),
        (GOOD, "atLeast", 7, "atLeast: the value is a boolean"),
        (
            GOOD,
            "skip.0.when",
            "!DBInstances[0].MultiAZ && DBInstances",
            "skip.0.when: !DBInstances[0].MultiAZ && DBInstances: ! takes the first name only; write !(A.B)",
        ),
        (GOOD, "skip.0.when", "!StackName.Name", "skip.0.when: !StackName.Name: ! takes the first name only; write !(A.B)"),
        (GOOD, "skip.0.say", "{Engine} is not checked.", "skip.0.say: Engine: there is no Engine"),
        (GOOD, "pending", "DBInstances[0].Pending.MultiAZ", "pending: DBInstances[0].Pending.MultiAZ: there is no Pending in DBInstance"),
        (GOOD, "pending", "DBInstances[0].Engine", "pending: DBInstances[0].Engine is a string, and this a boolean"),
        (GOOD, "ready", "Status == 'available'", "ready: Status == 'available': there is no Status"),
        (GOOD, "write.0.with", {"DeletionProtection": "{value}"}, "write.0.with: DBInstanceIdentifier is missing"),
        (GOOD, "write.0.with.DeletionProtection", "{Name}", "write.0.with.DeletionProtection: Name is a string, and this a boolean"),
        (GOOD, "write.0.with.DeletionProtection", "yes", "write.0.with.DeletionProtection: it is a boolean, and not a string"),
        (GOOD, "write.0.with.DeletionProtection", "{added}", "write.0.with.DeletionProtection: added: there is no added"),
        (GOOD, "write.0.when", "vale", "write.0.when: vale: there is no vale"),
        (BUCKET, "want.BlockAcls", True, "want.BlockAcls: there is no BlockAcls in PublicAccessBlockConfiguration"),
        (BUCKET, "want.BlockPublicAcls", "on", "want.BlockPublicAcls: it is a boolean, and not a string"),
        (LOGS, "add", [7], "add.0: it is a string, and not a integer"),
        (LOGS, "value", "DBInstances[*].DBParameterGroups[]", None),
    ],
)
def test_what_is_wrong(declared: dict[str, Any], at: str, text: Any, want: str | None) -> None:
    declared = copy.deepcopy(declared)
    part: Any = declared
    *way, last = at.split(".")
    for step in way:
        part = part[int(step)] if isinstance(part, list) else part[step]
    part[last] = text
    found = problems(declared)
    assert any(problem.startswith(want) for problem in found) if want else found == [], found


def test_a_secret_is_not_kept() -> None:
    """A repair keeps what it found in its outputs."""
    read = [{"call": "secretsmanager:GetSecretValue", "with": {"SecretId": "{region}"}}]
    write = [{"call": "secretsmanager:PutSecretValue", "with": {"SecretId": "{region}", "SecretString": "{value}"}}]
    found = problems({"what": "the secret", "read": read, "value": "SecretString", "want": "x", "write": write}, "Id")
    assert found == ["want: it is a secret, and a repair keeps what it found"]


def test_an_enumeration() -> None:
    read = [{"call": "kinesis:DescribeStreamSummary", "with": {"StreamName": "{Name}"}}]
    write = [{"call": "kinesis:StartStreamEncryption", "with": {"StreamName": "{Name}", "EncryptionType": "{value}", "KeyId": "k"}}]
    declared = {"what": "encryption", "read": read, "value": "StreamDescriptionSummary.EncryptionType", "want": "AES", "write": write}
    assert problems(declared) == ["want: AES is none of NONE, KMS"]


def test_the_line_of_a_problem() -> None:
    text = "id: X.1\nsetting:\n  read:\n    call: a:B\n    with:\n      C: d\n  want: true\n"
    assert [
        check_settings.line(text, at) for at in (("setting", "read", 0, "with", "C"), ("setting", "want"), ("setting", "write", 0), ("other",))
    ] == [6, 7, 3, 1]
