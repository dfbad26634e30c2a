"""What the linter of programs finds, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import derive
import pytest

RUNTIME = derive.Program((Path(__file__).parents[2] / "ssm-documents/runtime/hubmend_runtime.py").read_text())
IMPORT = "from hubmend_runtime import Aws, Outcome, unchanged\n"
GOOD = f"""{IMPORT}
TABLE = {{"on": lambda aws: switch_on(aws, "k")}}

def repair(aws: Aws, KeyId: str, Ports: list[str]) -> Outcome:
    aws("kms:DescribeKey", KeyId=KeyId, absent=("NotFoundException",), region="eu-west-1")
    switch_on(aws, KeyId)
    aws.until(lambda: aws("kms:GetKeyRotationStatus", KeyId=KeyId)["KeyId"])
    return unchanged("on", {{}})

def undo(aws: Aws, before: dict, after: dict, KeyId: str) -> Outcome:
    aws("kms:DisableKeyRotation", KeyId=KeyId)
    return unchanged("off", {{}})

def switch_on(aws: Aws, key: str) -> None:
    aws("kms:EnableKeyRotation", KeyId=key, RotationPeriodInDays=365)
""".replace('lambda aws: switch_on(aws, "k")', "len")


def program(text: str) -> derive.Program:
    found = derive.Program(text)
    found.check(derive.names(RUNTIME))
    return found


def test_calls_are_found_through_functions() -> None:
    found = program(GOOD)
    assert found.problems == []
    assert found.calls("repair") == {
        "kms:DescribeKey": ["KeyId"],
        "kms:EnableKeyRotation": ["KeyId", "RotationPeriodInDays"],
        "kms:GetKeyRotationStatus": ["KeyId"],
    }
    assert found.calls("undo") == {"kms:DisableKeyRotation": ["KeyId"]}
    assert found.parameters("repair") == {"KeyId": "String", "Ports": "StringList"}


def test_calls_are_found_through_a_table_of_functions() -> None:
    text = GOOD.replace('"on": len', '"on": switch_on').replace("    switch_on(aws, KeyId)", '    TABLE["on"]')
    assert "kms:EnableKeyRotation" in program(text).calls("repair")


def test_a_parameter_is_no_function_of_the_same_name() -> None:
    text = GOOD.replace('return unchanged("off", {})', 'return unchanged(told("x"), {})') + "\ndef told(repair: str) -> str:\n    return repair\n"
    assert program(text).calls("undo") == {"kms:DisableKeyRotation": ["KeyId"]}


def test_an_empty_text_takes_something_away_and_needs_no_permission() -> None:
    text = GOOD.replace('aws("kms:DisableKeyRotation", KeyId=KeyId)', 'aws("cloudtrail:UpdateTrail", Name=KeyId, CloudWatchLogsRoleArn="")')
    assert program(text).calls("undo") == {"cloudtrail:UpdateTrail": ["Name"]}


def test_the_runtime_reads_the_repair_for_an_undo() -> None:
    assert RUNTIME.calls("_undone") == {"ssm:GetAutomationExecution": ["AutomationExecutionId"]}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('aws("kms:NoSuchApi")', "AWS has no call kms:NoSuchApi"),
        ('aws("kms:describe_key", KeyId=KeyId)', "AWS has no call kms:describe_key"),
        ('aws("nothing:DescribeKey")', "AWS has no call nothing:DescribeKey"),
        ('aws("kms:DescribeKey", Key=KeyId)', "kms:DescribeKey: there is no Key"),
        ('aws("kms:DescribeKey")', "kms:DescribeKey: KeyId is missing"),
        ('aws("kms:DescribeKey", KeyId=7)', "kms:DescribeKey: KeyId: it is a string"),
        ('aws("kms:DescribeKey", KeyId=[KeyId])', "kms:DescribeKey: KeyId: it is a string"),
        ('aws("kms:EnableKeyRotation", KeyId=KeyId, RotationPeriodInDays="365")', "RotationPeriodInDays: it is a integer"),
        ('aws("kms:EnableKeyRotation", KeyId=KeyId, RotationPeriodInDays=True)', "RotationPeriodInDays: it is a integer"),
        ('aws("cloudwatch:PutMetricAlarm", AlarmName=KeyId, EvaluationPeriods=1, ComparisonOperator="", Threshold="1")', "Threshold: it is a double"),
        ('aws("ec2:DescribeSecurityGroups", Filters=[{"Nam": "x"}])', "Filters: there is no Nam"),
        ('aws("iam:GenerateCredentialReport", X=1)', "there is no X"),
        ("aws(KeyId)", 'a call is aws("service:Api", Name=value, ...)'),
        ('aws(f"kms:{KeyId}")', "a call is aws("),
        ('aws("kms:DescribeKey", **{"KeyId": KeyId})', "a call is aws("),
        ("other = aws", "aws may be called, handed"),
        ("[aws][0]", "aws may be called, handed"),
        ("aws.trace", "aws may be called, handed"),
        ("aws._sent", "_sent: a program uses no module through another, and nothing that begins with _"),
        ("print(aws)", "aws may be called, handed"),
        ("(lambda aws: 1)(aws)", "a parameter is aws: Aws, or neither"),
        ("getattr(KeyId, 'x')", "getattr is not allowed here"),
        ("eval('1')", "eval is not allowed here"),
        ("boto3.client('kms')", "boto3 is not defined or imported here"),
        ("import boto3", "import boto3: a program may import only collections"),
        ("import json as j", "under their names"),
        ("from boto3 import client", "import boto3: a program may import from"),
        ("from . import x", "import .: a program may import from"),
        ("from hubmend_runtime import boto3", "import hubmend_runtime: a program may import only Aws"),
        ("from json import *", "one by one, as they are"),
        ("from json import codecs", "one by one, as they are"),
        ("from typing import get_type_hints", "import typing: a program may import only Any, Literal"),
        ("import json; json.codecs", "codecs: a program uses no module through another"),
        ("import datetime; from datetime import datetime; datetime.sys", "sys: a program uses no module through another"),
        ("global TABLE", "Global: a program has functions only"),
        ("class A: pass", "ClassDef: a program has functions only"),
        ("KeyId = '{{ KeyId }}'", "it has what Systems Manager takes for a reference"),
        ("KeyId = '{{global:REGION}}'", "it has what Systems Manager takes for a reference"),
        ("nothing()", "nothing is not defined or imported here"),
    ],
)
def test_what_would_hide_a_call_is_refused(line: str, says: str) -> None:
    text = GOOD.replace("    switch_on(aws, KeyId)\n", f"    {line}\n")
    problems = program(text).problems
    assert any(says in problem["text"] for problem in problems), problems
    assert all(problem["line"] == 7 for problem in problems), problems


@pytest.mark.parametrize(
    "line",
    [
        'aws("cloudwatch:PutMetricAlarm", AlarmName=KeyId, EvaluationPeriods=1, ComparisonOperator="", Threshold=1.0)',
        "x = {'a': {'b': 1}}",
        "for x in Ports: pass",
        "import json; json.loads('1')",
        "x = [y for y in Ports]",
        "from datetime import datetime, timezone; datetime.now(timezone.utc)",
    ],
)
def test_ordinary_python_is_allowed(line: str) -> None:
    assert program(GOOD.replace("    switch_on(aws, KeyId)\n", f"    {line}\n")).problems == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("def repair(aws: Aws, KeyId: str, ", "def repair(KeyId: str, aws: Aws, ", "repair is def repair(aws, "),
        ("Ports: list[str]) -> Outcome", "Ports: list[str]) -> dict", "repair is def repair(aws, "),
        ("Ports: list[str]", "Ports: set[str]", "parameter Ports is one of str, list[str], int, bool"),
        ("Ports: list[str]", "Ports: list[str] = []", "repair is def repair(aws, "),
        ("def repair(", "def fix(", "there is no function repair"),
        ("before: dict, after: dict", "after: dict, before: dict", "undo is def undo(aws, before, after, "),
        ("TABLE = ", "PIECE = ", "PIECE is a name of the runtime"),
        ("TABLE = ", "CALLS = ", "CALLS is a name of the runtime"),
        ("def switch_on(", "def unchanged(", "unchanged is a name of the runtime"),
        ("def repair(", "def repair(:", "it is not Python"),
    ],
)
def test_the_form_of_a_program(old: str, new: str, says: str) -> None:
    problems = program(GOOD.replace(old, new, 1)).problems
    assert any(says in problem["text"] for problem in problems), problems
