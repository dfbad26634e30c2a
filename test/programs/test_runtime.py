"""What every repair shares."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any

import boto3
import hubmend_runtime as runtime
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hubmend_runtime import Aws, Failure, Outcome, Refused, Unverified, items_of, run_repair, run_undo, unchanged

CALLS = {"ec2:DescribeVpcs": "read", "ec2:CreateVpc": "write", "kms:DescribeKey": "read", "kms:EnableKeyRotation": "write"}


CONTEXT = {"global:ACCOUNT_ID": "111111111111", "global:REGION": "us-east-1", "global:AWS_PARTITION": "aws"}


class Client:
    """Returns the given answers and records the calls."""

    meta = SimpleNamespace(events=SimpleNamespace(register=lambda *_: None))

    def __init__(self, *answers: Exception | dict[str, Any]) -> None:
        self.answers, self.asked = list(answers), list[str]()

    def can_paginate(self, _: str) -> bool:
        return False

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def answer(**parameters: object) -> Any:
            self.asked.append(f"{name} {parameters}")
            given = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if isinstance(given, Exception):
                raise given
            return dict(given)

        return answer


def error(code: str, message: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "X")


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Client]:
    def make(*answers: Exception | dict[str, Any]) -> Client:
        one = Client(*answers)
        monkeypatch.setattr(boto3, "client", lambda *_, **__: one)
        return one

    return make


def test_a_call_is_one_that_was_found_in_the_source() -> None:
    with pytest.raises(RuntimeError, match="ec2:DeleteVpc is not one of the calls"):
        Aws(CALLS, CONTEXT)("ec2:DeleteVpc", VpcId="vpc-1")


@pytest.mark.usefixtures("account")
def test_reads_have_all_pages() -> None:
    ec2 = boto3.client("ec2")
    for n in range(7):
        ec2.create_vpc(CidrBlock=f"10.{n}.0.0/16")
    assert len(Aws(CALLS, CONTEXT)("ec2:DescribeVpcs", MaxResults=5)["Vpcs"]) == 8


@pytest.mark.usefixtures("account")
def test_a_call_may_go_to_another_region() -> None:
    boto3.client("ec2", region_name="eu-west-1").create_vpc(CidrBlock="10.0.0.0/16")
    aws = Aws(CALLS, CONTEXT)
    assert [len(aws("ec2:DescribeVpcs", region=region)["Vpcs"]) for region in ("", "eu-west-1", "us-east-1")] == [1, 2, 1]
    assert aws.trace == ["ec2:DescribeVpcs"] * 3


def test_an_answer_has_no_metadata_of_the_call(client: Callable[..., Client]) -> None:
    client({"KeyMetadata": {}, "ResponseMetadata": {"HTTPStatusCode": 200}})
    aws = Aws(CALLS, CONTEXT)
    assert aws("kms:DescribeKey", KeyId="k") == {"KeyMetadata": {}}
    assert aws.trace == ["kms:DescribeKey"]


def test_what_is_absent_is_none(client: Callable[..., Client]) -> None:
    client(error("NotFoundException"))
    aws = Aws(CALLS, CONTEXT)
    assert aws("kms:DescribeKey", KeyId="k", absent=("NotFoundException",)) is None
    assert aws.trace == ["kms:DescribeKey NotFoundException"]


def test_a_parameter_that_is_none_is_left_out(client: Callable[..., Client]) -> None:
    asked = client({})
    Aws(CALLS, CONTEXT)("kms:EnableKeyRotation", KeyId="k", RotationPeriodInDays=None)
    plan = Aws(CALLS, CONTEXT, planning=True)
    plan("kms:EnableKeyRotation", KeyId="k", RotationPeriodInDays=None)
    assert (asked.asked, plan.planned[0]["Parameters"]) == (["enable_key_rotation {'KeyId': 'k'}"], {"KeyId": "k"})


@pytest.mark.parametrize(
    ("reading", "first", "call", "answer", "says"),
    [
        ("read", None, "kms:DescribeKey", error("NotFoundException", "No key."), "hubmend:read NotFoundException kms:DescribeKey: No key."),
        ("recall", None, "kms:DescribeKey", error("NotFoundException"), "hubmend:recall NotFoundException kms:DescribeKey: no"),
        ("read", None, "kms:EnableKeyRotation", error("AccessDenied"), "hubmend:write AccessDenied kms:EnableKeyRotation: no"),
        ("read", "kms:EnableKeyRotation", "kms:DescribeKey", error("NotFoundException"), "hubmend:check NotFoundException kms:DescribeKey: no"),
        (
            "read",
            None,
            "kms:DescribeKey",
            EndpointConnectionError(endpoint_url="x"),
            "hubmend:read EndpointConnectionError kms:DescribeKey: Could not",
        ),
        ("read", None, "kms:DescribeKey", ClientError({}, "X"), "hubmend:read Unknown kms:DescribeKey: "),
    ],
)
def test_a_failure_begins_with_its_kind_and_code(
    client: Callable[..., Client], reading: str, first: str | None, call: str, answer: Exception, says: str
) -> None:
    client({}, answer) if first else client(answer)
    aws = Aws(CALLS, CONTEXT, reading=reading)
    if first:
        aws(first, KeyId="k")
    with pytest.raises(Failure) as caught:
        aws(call, KeyId="k")
    assert str(caught.value).startswith(says)


@pytest.mark.parametrize(
    ("answer", "parameters", "says"),
    [
        (
            error("AccessDenied", "Access Denied"),
            {"ExpectedBucketOwner": "1"},
            "Access Denied. The bucket b does not belong to account 1, or its policy denies this.",
        ),
        (error("AccessDenied", "You are not authorized"), {"ExpectedBucketOwner": "1"}, "You are not authorized"),
        (error("AccessDenied", "Access Denied"), {}, "Access Denied"),
        (error("BucketAlreadyExists", "Not available."), {}, "Not available. Another AWS account has a bucket named b."),
        (error("NoSuchBucket", "None"), {"ExpectedBucketOwner": "1"}, "None"),
    ],
)
def test_a_failure_names_what_s3_leaves_out(client: Callable[..., Client], answer: Exception, parameters: dict[str, str], says: str) -> None:
    client(answer)
    with pytest.raises(Failure) as caught:
        Aws({"s3:CreateBucket": "write"}, CONTEXT)("s3:CreateBucket", Bucket="b", **parameters)
    assert str(caught.value).partition(": ")[2] == says


def test_a_change_in_progress_is_waited_for(client: Callable[..., Client], waits: list[float]) -> None:
    asked = client(error("OperationAborted"), error("OperationAbortedException"), {"Done": True})
    assert Aws(CALLS, CONTEXT)("kms:EnableKeyRotation", KeyId="k") == {"Done": True}
    assert (len(asked.asked), waits) == (3, [2, 4])


def test_a_change_in_progress_is_not_waited_for_for_ever(client: Callable[..., Client], waits: list[float]) -> None:
    client(error("OperationAborted"))
    with pytest.raises(Failure, match="hubmend:write OperationAborted"):
        Aws(CALLS, CONTEXT)("kms:EnableKeyRotation", KeyId="k")
    assert waits == [2, 4, 8, 16]


@pytest.mark.usefixtures("waits")
def test_a_program_names_codes_that_end_by_themselves(client: Callable[..., Client]) -> None:
    one = client(error("InvalidRole"), {})
    assert Aws(CALLS, CONTEXT)("kms:EnableKeyRotation", retry=("InvalidRole",), KeyId="k") == {}
    assert len(one.asked) == 2


def test_a_program_knows_where_it_runs() -> None:
    aws = Aws(CALLS, {**CONTEXT, "automation:EXECUTION_ID": "e"})
    assert (aws.account, aws.region, aws.partition, aws.execution) == ("111111111111", "us-east-1", "aws", "e")


@pytest.mark.parametrize(("looks", "pauses"), [("11", 0), ("011", 1), ("1011", 1), ("0001011", 4)])
def test_until_two_looks_in_a_row_agree(looks: str, pauses: int, waits: list[float]) -> None:
    left = list(looks)
    Aws(CALLS, CONTEXT).until(lambda: "" if left.pop(0) == "1" else "It is off.")
    assert (len(waits), left) == (pauses, [])


def test_until_gives_up_within_the_time_of_a_script(waits: list[float]) -> None:
    with pytest.raises(Unverified, match="hubmend:unverified It is off"):
        Aws(CALLS, CONTEXT).until(lambda: "It is off.", seconds=300)
    assert 300 <= sum(waits) < 400


def test_a_plan_makes_no_call_that_writes_and_does_not_look(client: Callable[..., Client]) -> None:
    asked = client({})
    aws = Aws(CALLS, CONTEXT, planning=True)
    assert aws("kms:EnableKeyRotation", KeyId="k") == {}
    aws.until(lambda: "It is off.")
    assert asked.asked == []
    assert aws.planned == [{"Call": "kms:EnableKeyRotation", "Parameters": {"KeyId": "k"}}]


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_a_plan_is_refused_writes_below_the_runtime_too(region: str) -> None:
    aws = Aws({"ec2:CreateVpc": "write", "ec2:DescribeVpcs": "read"}, CONTEXT, planning=True)
    assert aws("ec2:DescribeVpcs", region=region)["Vpcs"]
    with pytest.raises(RuntimeError, match="ec2:CreateVpc is not a read, so a plan does not send it"):
        aws._sent("ec2:CreateVpc", "write", {"CidrBlock": "10.0.0.0/16"}, region)  # as if the runtime's own refusal were gone
    assert len(boto3.client("ec2", region_name=region).describe_vpcs()["Vpcs"]) == 1


def test_outputs() -> None:
    long = {"Name": "ü" * 900}

    def program(_: Aws, KeyId: str) -> Outcome:
        return Outcome(f"Did {KeyId}.", [long, {"B": 1}], {})

    result = run_repair(program, CALLS, {"KeyId": "k"}, CONTEXT)
    assert [len(piece) for piece in result["Before"]][:-1] == [500] * (len(result["Before"]) - 1)
    assert json.loads("".join(result["Before"])) == [long, {"B": 1}]
    assert (result["Change"], result["After"], result["Calls"], result["Planned"]) == ("Did k.", ["{}"], [], ["[]"])


def test_the_calls_that_were_made_are_an_output(client: Callable[..., Client]) -> None:
    def program(aws: Aws) -> Outcome:
        for _ in range(3):
            aws("kms:DescribeKey", KeyId="k")
        aws("kms:EnableKeyRotation", KeyId="secret", absent=("NotFoundException",))
        return unchanged("it is on.", {})

    client({}, {}, {}, error("NotFoundException"))
    assert run_repair(program, CALLS, {}, CONTEXT)["Calls"] == ["kms:DescribeKey (3 times)", "kms:EnableKeyRotation NotFoundException"]


def test_a_plan_gives_the_calls_it_did_not_make() -> None:
    def program(aws: Aws) -> Outcome:
        aws("kms:EnableKeyRotation", KeyId="k")
        return unchanged("it is on.", {})

    result = run_repair(program, CALLS, {"Mode": "plan"}, CONTEXT)
    assert (result["Change"], result["Calls"]) == ("Nothing to change: it is on.", [])
    assert json.loads("".join(result["Planned"])) == [{"Call": "kms:EnableKeyRotation", "Parameters": {"KeyId": "k"}}]


def rotate(aws: Aws) -> Outcome:
    """Repair a key unless it is off, and read it again."""
    if aws("kms:DescribeKey", KeyId="k", absent=("NotFoundException",)) is not None:
        aws("kms:EnableKeyRotation", KeyId="k")
        aws("kms:DescribeKey", KeyId="k", absent=("NotFoundException",))
    return Outcome("Did it.", {}, {})


def bound(client: Callable[..., Client], planned: object, *found: object, program: Callable[[Aws], Outcome] = rotate) -> tuple[str, list[str]]:
    """Plan with one answer and repair with others. Return what the repair says and the calls that it made."""
    client(planned)
    plan = run_repair(program, CALLS, {"Mode": "plan"}, CONTEXT)
    one = client(*found)
    try:
        says = run_repair(program, CALLS, {"Mode": "repair", "Expected": plan["Digest"]}, CONTEXT)["Change"]
    except Failure as failure:
        says = str(failure)
    return says, [call.split()[0] for call in one.asked]


def test_a_repair_that_is_bound_to_its_plan(client: Callable[..., Client]) -> None:
    off = {"KeyMetadata": {"KeyState": "Enabled"}}
    # The first two reads are those of the plan that the repair makes.
    says, made = bound(client, off, off, off, off, {}, {"KeyMetadata": {"KeyState": "Changed by the repair"}})
    assert (says, made) == ("Did it.", ["describe_key"] * 3 + ["enable_key_rotation", "describe_key"])


@pytest.mark.parametrize(
    ("found", "reads"),
    [
        (({"KeyMetadata": {"KeyState": "Disabled"}},), 2),
        (({"KeyMetadata": {"KeyState": "Enabled", "Origin": "AWS_KMS"}},), 2),
        ((error("NotFoundException"),), 1),
        (({"KeyMetadata": {"KeyState": "Enabled"}}, {"KeyMetadata": {"KeyState": "Disabled"}}), 3),  # between the plan and the repair
    ],
)
def test_a_repair_of_what_has_changed_since_its_plan(client: Callable[..., Client], found: tuple[object, ...], reads: int) -> None:
    says, made = bound(client, {"KeyMetadata": {"KeyState": "Enabled"}}, *found)
    assert says.startswith("hubmend:changed What this repair reads, or would do, has changed since it was planned.")
    assert made == ["describe_key"] * reads


def test_a_repair_that_would_write_something_else(client: Callable[..., Client]) -> None:
    """The answer is the same, but time has passed."""
    days = iter((90, 365))

    def program(aws: Aws) -> Outcome:
        aws("kms:DescribeKey", KeyId="k")
        aws("kms:EnableKeyRotation", KeyId="k", RotationPeriodInDays=next(days))
        return Outcome("Did it.", {}, {})

    says, made = bound(client, {}, {}, program=program)
    assert (says.split()[0], made) == ("hubmend:changed", ["describe_key"])


@pytest.mark.parametrize(
    ("call", "planned", "found"),
    [
        ("kms:DescribeKey", {"A": datetime(2026, 1, 1, tzinfo=timezone.utc)}, {"A": datetime(2026, 1, 2, tzinfo=timezone.utc)}),
        ("kms:DescribeKey", {"NextToken": "a"}, {}),
        ("kms:DescribeKey", {"Keys": [{"B": 1, "A": 2}, {"A": 1, "B": 1}]}, {"Keys": [{"A": 1, "B": 1}, {"A": 2, "B": 1}]}),
        ("iam:GetAccessKeyLastUsed", {"AccessKeyLastUsed": {"ServiceName": "s3"}}, {"AccessKeyLastUsed": {"ServiceName": "N/A"}}),
        ("cloudtrail:GetTrailStatus", {"IsLogging": True, "LatestDeliveryAttemptTime": "x"}, {"IsLogging": True}),
        ("dynamodb:DescribeTable", {"Table": {"ItemCount": 1, "TableSizeBytes": 2}}, {"Table": {"ItemCount": 2}}),
    ],
)
def test_what_changes_by_itself_is_not_in_the_digest(call: str, planned: object, found: object) -> None:
    assert runtime.steady(call, planned) == runtime.steady(call, found)


@pytest.mark.parametrize(
    ("call", "planned", "found"),
    [
        ("kms:DescribeKey", {"ItemCount": 1}, {"ItemCount": 2}),  # DynamoDB's
        ("kms:DescribeKey", {"Keys": [1, 1]}, {"Keys": [1]}),
        ("kms:DescribeKey", {"On": True}, {"On": "True"}),
        ("iam:ListAccessKeys", {"AccessKeyMetadata": [{"Status": "Active"}]}, {"AccessKeyMetadata": [{"Status": "Inactive"}]}),
        ("rds:DescribeDBInstances", {"PubliclyAccessible": True}, {"PubliclyAccessible": False}),
    ],
)
def test_what_somebody_changes_is_in_the_digest(call: str, planned: object, found: object) -> None:
    assert runtime.steady(call, planned) != runtime.steady(call, found)


def test_a_failure_keeps_no_frames_of_the_program() -> None:
    def program(_: Aws) -> Outcome:
        raise Refused("It is asymmetric.")

    with pytest.raises(Refused) as caught:
        run_repair(program, CALLS, {}, CONTEXT)
    frames, trace = 0, caught.value.__traceback__
    while trace:
        frames, trace = frames + 1, trace.tb_next
    assert (str(caught.value), frames) == ("hubmend:refused It is asymmetric.", 3)


def undone(client: Callable[..., Client], **changes: object) -> dict[str, Any]:
    """Undo a repair whose record is changed, with a program that returns its input."""
    record: dict[str, object] = {
        "DocumentName": "hubmend-X",
        "AutomationExecutionStatus": "Success",
        "Parameters": {"KeyId": ["k"], "Ports": ["22"], "AutomationAssumeRole": ["r"]},
        "Outputs": {"run.Before": ['{"A":1}'], "run.After": ['{"A":2}'], "run.Change": ["Did it."]},
    }
    client({"AutomationExecution": record | changes})

    def program(_: Aws, before: runtime.State, after: runtime.State, KeyId: str, Ports: list[str]) -> Outcome:
        return Outcome(f"{KeyId} {Ports}", before, after)

    return run_undo(program, "hubmend-X", {"ssm:GetAutomationExecution": "read"}, {"ExecutionId": "e"}, CONTEXT)


def test_an_undo_gets_what_the_repair_had(client: Callable[..., Client]) -> None:
    result = undone(client)
    assert (result["Change"], result["Before"], result["After"]) == ("k ['22']", ['{"A":1}'], ['{"A":2}'])
    assert result["Calls"] == ["ssm:GetAutomationExecution"]


@pytest.mark.parametrize(
    ("texts", "want"),
    [
        (['{"A":', "1}"], {"A": 1}),  # pieces
        (['{"A":1}', '{"B":2}'], [{"A": 1}, {"B": 2}]),  # of an older document, one for each item
        (['[{"A":1},{"B":2}]'], [{"A": 1}, {"B": 2}]),
        (['["{\\"A\\":","1}"]'], {"A": 1}),  # all pieces in one text
        (["[]"], []),
        ([], []),
        ([""], []),
        (["No output available yet because the step is not successfully executed"], []),  # an empty list of an older document
    ],
)
@pytest.mark.parametrize("step", ["run", "decide"])
def test_an_undo_reads_every_form_of_outputs(client: Callable[..., Client], step: str, texts: list[str], want: object) -> None:
    result = undone(client, Outputs={f"{step}.Before": texts, f"{step}.After": ["{}"]})
    assert json.loads("".join(result["Before"])) == want


def test_a_single_item_of_an_older_document_is_a_list() -> None:
    assert items_of({"A": 1}) == items_of([{"A": 1}]) == [{"A": 1}]
    assert items_of([]) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"DocumentName": "hubmend-Y"},
            "Execution e of hubmend-Y ended with Success. Only executions of hubmend-X that ended with Success can be undone",
        ),
        ({"DocumentName": "hubmend-UndoX"}, "of hubmend-UndoX ended"),
        ({"AutomationExecutionStatus": "Failed"}, "ended with Failed"),
        ({"AutomationExecutionStatus": "InProgress"}, "ended with InProgress"),
        ({"Parameters": {"KeyId": ["k"], "Mode": ["plan"]}}, "Execution e of hubmend-X planned a repair and changed nothing"),
        ({"Outputs": {"run.Before": ["{}"]}}, "has no record of its result. It ran an older version of hubmend-X, or the result was too large"),
        ({"Outputs": {"run.Before": ['{"A":1'], "run.After": ["{}"]}}, "has no record of its result"),
        ({"Outputs": {"run.Before": ["true"], "run.After": ["{}"]}}, "has no record of its result"),
    ],
)
def test_an_undo_refuses_what_is_no_repair_of_its_own(client: Callable[..., Client], changes: Mapping[str, object], says: str) -> None:
    with pytest.raises(Refused, match=says):
        undone(client, **changes)


def test_an_undo_of_a_repair_that_is_forgotten(client: Callable[..., Client]) -> None:
    client(error("AutomationExecutionNotFoundException", "Unknown."))
    with pytest.raises(Failure, match="hubmend:recall AutomationExecutionNotFoundException ssm:GetAutomationExecution: Unknown"):
        run_undo(lambda *_: unchanged("", {}), "hubmend-X", {"ssm:GetAutomationExecution": "read"}, {"ExecutionId": "e"}, CONTEXT)
