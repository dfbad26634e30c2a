"""Shared by all Hubmend repairs: calls to AWS, retries, verification, failures, outputs and planning.

A document's script consists of this file, one program, and a handler that runs one of its functions.
"""

from __future__ import annotations

import fnmatch
import hashlib
import itertools
import json
import time
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import boto3
import botocore
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

# The state before or after a repair: settings, or a list of items such as rules. It never holds a secret.
State = dict[str, typing.Any] | list[dict[str, typing.Any]]


class Outcome(typing.NamedTuple):
    """The result of a repair or an undo.

    Not a dataclass, because dataclasses need their module, and how Systems Manager loads a script is not documented.
    """

    change: str  # one line for the finding's note
    before: State
    after: State
    lost: Sequence[str] = ()  # side effects of the change, one sentence each


def unchanged(sentence: str, state: State) -> Outcome:
    """Return the outcome for a compliant resource."""
    return Outcome(f"Nothing to change: {sentence}", state, state)


def items_of(state: State) -> list[dict[str, typing.Any]]:
    """Return the items of a list. Older documents recorded a single item without a list around it."""
    return [state] if isinstance(state, dict) else state


class Failure(Exception):
    """A failure whose text begins with a stable word that Hubmend classifies it by."""

    def __init__(self, word: str, text: str) -> None:
        super().__init__(f"hubmend:{word} {text}")


class Refused(Failure):
    """The resource cannot be repaired this way and was not changed. The sentence says what to do instead."""

    def __init__(self, sentence: str) -> None:
        super().__init__("refused", sentence)


class Unverified(Failure):
    """The change was made, but AWS does not report it."""

    def __init__(self, sentence: str) -> None:
        super().__init__("unverified", sentence)


class Changed(Failure):
    """The repair was bound to a plan, and is no longer what was planned. Nothing was changed."""

    def __init__(self) -> None:
        super().__init__("changed", "What this repair reads, or would do, has changed since it was planned. Nothing was changed. Plan it again.")


# Fields that change although nobody changes the resource: names, * for any ending or beginning, by service. Times and
# the order of lists are ignored everywhere. A repair decides by them nevertheless, so the digest has its writes too.
VOLATILE = {
    "*": ("ClientToken", "clientToken", "IsTruncated", "Marker", "NextMarker", "NextToken", "nextToken", "RequestId", "ResponseMetadata"),
    "accessanalyzer": ("lastResourceAnalyzed",),
    "cloudtrail": ("Latest*",),
    "cloudwatch": ("Datapoints", "State*"),
    "config": ("last*",),
    "dynamodb": ("*SizeBytes", "ItemCount", "ProvisionedThroughput"),
    "ec2": ("AvailableIpAddressCount",),
    "elb": ("Instances",),
    "iam": ("AccessKeyLastUsed", "RoleLastUsed"),
    "kinesis": ("OpenShardCount",),
    "logs": ("storedBytes",),
    "rds": ("*PercentProgress", "AllocatedStorage", "DBInstanceStatus", "Status", "StatusInfos"),
    "sqs": ("ApproximateNumber*", "LastModifiedTimestamp"),
}


def steady(call: str, value: typing.Any) -> typing.Any:
    """Return parameters or the answer of a call without fields that AWS changes on its own."""
    ignored = (*VOLATILE["*"], *VOLATILE.get(call.partition(":")[0], ()))
    if isinstance(value, dict):
        return {
            name: steady(call, part)
            for name, part in value.items()
            if not isinstance(part, datetime) and not any(fnmatch.fnmatchcase(name, pattern) for pattern in ignored)
        }
    if isinstance(value, list | tuple):
        return sorted((steady(call, part) for part in value), key=_canonical)
    return value


class Aws:
    """Makes only the calls that were found in the program's source."""

    # Another change of the same resource is in progress.
    BUSY = frozenset(
        (
            "ConcurrentModification",
            "ConcurrentModificationException",
            "OperationAborted",
            "OperationAbortedException",
            "PriorRequestNotComplete",
            "ResourceConflictException",
        )
    )
    WAITS = (2.0, 4.0, 8.0, 16.0)

    def __init__(self, calls: Mapping[str, str], context: Mapping[str, str], *, reading: str = "read", planning: bool = False) -> None:
        """Take "read" or "write" for each call, Systems Manager's variables, and the failure word of reads before the first write."""
        self.planning = planning
        self.account, self.region, self.partition = (context["global:" + name] for name in ("ACCOUNT_ID", "REGION", "AWS_PARTITION"))
        self.execution = context.get("automation:EXECUTION_ID")  # a token for idempotent calls
        self.repair = ""  # the execution that is undone
        self.planned: list[dict[str, typing.Any]] = []  # the writes that a plan withheld
        self.read: dict[str, typing.Any] = {}  # the latest answer to each call before the first write
        self.bound: dict[str, typing.Any] | None = None  # what the plan read that the repair is bound to
        self.trace: list[str] = []  # every call that was made, with its error if it failed
        self._calls, self._reading = dict(calls), reading
        self._clients: dict[tuple[str, str], typing.Any] = {}

    def __call__(
        self, call: str, /, *, absent: Sequence[str] = (), retry: Sequence[str] = (), region: str = "", **parameters: typing.Any
    ) -> typing.Any:
        """Make a call such as "kms:DescribeKey" and return all pages of its answer, or None for an error code in absent.

        A parameter that is None is left out. The codes in retry are retried: they occur while AWS does not yet see a
        resource that was just created. The call goes to the execution's Region unless another one is given.
        """
        kind = self._calls.get(call)
        if kind not in ("read", "write"):
            raise RuntimeError(f"{call} is not one of the calls that were found in this program's source")
        parameters = {name: value for name, value in parameters.items() if value is not None}
        if self.planning and kind == "write":
            self.planned.append({"Call": call, "Parameters": parameters})
            return {}
        if kind == "write" and self.bound not in (None, self.read):
            raise Changed
        try:
            answer = self._retried(call, kind, parameters, region, self.BUSY.union(retry))
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "Unknown")
            self.trace.append(f"{call} {code}")
            if code in absent:
                self._note(call, kind, region, parameters, code)
                return None
            raise self._failure(kind, code, call, _explained(code, error.response.get("Error", {}).get("Message", ""), parameters)) from None
        except BotoCoreError as error:
            self.trace.append(f"{call} {type(error).__name__}")
            raise self._failure(kind, type(error).__name__, call, str(error)) from None
        finally:
            if kind == "write":
                self._reading, self.bound = "check", None
        self.trace.append(call)
        self._note(call, kind, region, parameters, answer)
        return answer

    def digest(self) -> str:
        """Return a hash of what was read before the first write, and of the writes that a plan withheld."""
        planned = [{**write, "Parameters": steady(write["Call"], write["Parameters"])} for write in self.planned]
        return hashlib.sha256(_canonical({"Read": self.read, "Planned": planned}).encode()).hexdigest()

    def until(self, look: Callable[[], str], seconds: float = 60.0) -> None:
        """Repeat a check until it passes twice in a row. It returns what is still wrong, or nothing.

        AWS is eventually consistent, so one passing check may be followed by a stale answer. A plan changes nothing, so
        it checks nothing.
        """
        if self.planning:
            return
        waited, pause = 0.0, 1.0
        while True:
            wrong = look() or look()
            if not wrong:
                return
            if waited >= seconds:
                raise Unverified(wrong)
            time.sleep(pause)
            waited, pause = waited + pause, min(pause * 2, 15.0)

    def _note(self, call: str, kind: str, region: str, parameters: Mapping[str, typing.Any], answer: object) -> None:
        """Keep what was read. A later answer to the same call replaces the earlier one, which a repair waited to change."""
        if kind == "read" and not self.planned and self._reading != "check":
            self.read[_canonical([call, region, steady(call, dict(parameters))])] = steady(call, answer)

    def _retried(self, call: str, kind: str, parameters: Mapping[str, typing.Any], region: str, passing: frozenset[str]) -> typing.Any:
        for wait in self.WAITS:
            try:
                return self._sent(call, kind, parameters, region)
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") not in passing:
                    raise
            time.sleep(wait)
        return self._sent(call, kind, parameters, region)

    def _sent(self, call: str, kind: str, parameters: Mapping[str, typing.Any], region: str = "") -> typing.Any:
        service, api = call.split(":")
        client = self._client(service, region)
        method = botocore.xform_name(api)
        if kind == "read" and client.can_paginate(method):
            return client.get_paginator(method).paginate(**parameters).build_full_result()
        answer = getattr(client, method)(**parameters)
        answer.pop("ResponseMetadata", None)
        return answer

    def _client(self, service: str, region: str) -> typing.Any:
        if (service, region) not in self._clients:
            # Standard retries handle throttling, server errors and lost connections.
            make: typing.Any = boto3.client
            client = make(service, region_name=region or None, config=Config(retries={"mode": "standard", "total_max_attempts": 6}))
            if self.planning:
                client.meta.events.register("before-call", self._withhold)
            self._clients[service, region] = client
        return self._clients[service, region]

    def _withhold(self, model: typing.Any, **_: object) -> None:
        """Refuse every write in a plan, even if a fault in the code above lets one through."""
        call = f"{model.service_model.service_name}:{model.name}"
        if self._calls.get(call) != "read":
            raise RuntimeError(f"{call} is not a read, so a plan does not send it")

    def _failure(self, kind: str, code: str, call: str, message: str) -> Failure:
        return Failure(self._reading if kind == "read" else kind, f"{code} {call}: {message}")


def _explained(code: str, message: str, parameters: Mapping[str, typing.Any]) -> str:
    """Add details that S3 leaves out of error messages."""
    bucket, owner = parameters.get("Bucket"), parameters.get("ExpectedBucketOwner")
    if code == "BucketAlreadyExists":
        return f"{message.rstrip('.')}. Another AWS account has a bucket named {bucket}."
    # S3 explains a denial only to callers in the bucket's own account and organization.
    if code == "AccessDenied" and owner and "not authorized" not in message:
        return f"{message.rstrip('.')}. The bucket {bucket} does not belong to account {owner}, or its policy denies this."
    return message


Events = Mapping[str, typing.Any]  # the input of a handler
PIECE = 500  # characters, because Systems Manager truncates long strings in outputs


def run_repair(program: Callable[..., Outcome], calls: Mapping[str, str], events: Events, context: Mapping[str, str]) -> dict[str, typing.Any]:
    """Run a repair. Its events are the program's parameters, Mode, and Expected for a repair that is bound to a plan."""
    parameters = dict(events)
    planning, expected = parameters.pop("Mode", "repair") == "plan", parameters.pop("Expected", "")
    aws, plan = Aws(calls, context, planning=planning), Aws(calls, context, planning=True)
    return _run(aws, lambda: _bound(aws, plan, program, expected, parameters) if expected else program(aws, **parameters))


def run_undo(
    program: Callable[..., Outcome], document: str, calls: Mapping[str, str], events: Events, context: Mapping[str, str]
) -> dict[str, typing.Any]:
    """Run the undo of a document's repair. Its events are the ExecutionId of the repair, and Mode."""
    aws = Aws(calls, context, reading="recall", planning=events.get("Mode") == "plan")
    return _run(aws, lambda: _undone(aws, program, document, events["ExecutionId"]))


def _bound(aws: Aws, plan: Aws, program: Callable[..., Outcome], expected: str, parameters: Mapping[str, typing.Any]) -> Outcome:
    """Repair only if a plan that is made now is the expected one.

    Time also decides, and not only the answers: one more key is old enough a day later, and then this repair is another.
    """
    program(plan, **parameters)
    if plan.digest() != expected:
        raise Changed
    aws.bound, aws.trace = plan.read, plan.trace
    return program(aws, **parameters)


def _run(aws: Aws, program: Callable[[], Outcome]) -> dict[str, typing.Any]:
    try:
        outcome = program()
    except Failure as failure:
        # Without stack frames, so that the stable word is near the beginning if the text is truncated.
        raise failure.with_traceback(None) from None
    return {
        "Change": " ".join((outcome.change, *outcome.lost)),
        "Before": _pieces(outcome.before),
        "After": _pieces(outcome.after),
        "Calls": _counted(aws.trace),
        "Planned": _pieces(aws.planned),
        "Digest": aws.digest(),
        "Lost": list(outcome.lost),
    }


def _undone(aws: Aws, program: Callable[..., Outcome], document: str, execution: str) -> Outcome:
    repair = aws("ssm:GetAutomationExecution", AutomationExecutionId=execution)["AutomationExecution"]
    name, status = repair["DocumentName"], repair["AutomationExecutionStatus"]
    if (name, status) != (document, "Success"):
        raise Refused(
            f"Execution {execution} of {name} ended with {status}. Only executions of {document} that ended with Success can be undone. "
            "`hubmend history` lists them."
        )
    if repair["Parameters"].get("Mode") == ["plan"]:
        raise Refused(f"Execution {execution} of {document} planned a repair and changed nothing, so there is nothing to undo.")
    try:
        before, after = (_kept(repair["Outputs"], output) for output in ("Before", "After"))
    except (LookupError, ValueError):
        raise Refused(
            f"Execution {execution} has no record of its result. It ran an older version of {document}, or the result was too large for "
            "Systems Manager. Restore the resource manually; `hubmend history` shows the previous value."
        ) from None
    aws.repair = execution
    hints = typing.get_type_hints(program)
    lists = {key: list[str]() for key, hint in hints.items() if typing.get_origin(hint) is list}  # an older repair had fewer parameters
    given = {key: values if key in lists else values[0] for key, values in repair["Parameters"].items() if key in hints}
    return program(aws, before, after, **{**lists, **given})


def _counted(trace: Sequence[str]) -> list[str]:
    """Combine repeated calls."""
    times = [(call, len(list(same))) for call, same in itertools.groupby(trace)]
    return [call if n == 1 else f"{call} ({n} times)" for call, n in times]


def _text(value: object) -> str:
    return json.dumps(value, default=str, separators=(",", ":"))


def _canonical(value: object) -> str:
    return json.dumps(value, default=str, separators=(",", ":"), sort_keys=True)


def _pieces(state: State) -> list[str]:
    text = _text(state)
    return [text[at : at + PIECE] for at in range(0, len(text), PIECE)]


def _kept(outputs: Mapping[str, Sequence[str]], name: str) -> State:
    """Read an output of a repair: pieces of one JSON text or, from older documents, one JSON text for each item.

    How Systems Manager returns a list of strings is not documented. It may be one JSON text that holds the list.
    """
    (given,) = [values for key, values in outputs.items() if key.endswith("." + name)]
    texts = [text for text in given if text and not text.startswith("No output available")]
    if not texts:
        return []
    try:
        state = json.loads("".join(texts))
    except ValueError:
        state = [json.loads(text) for text in texts]
    if isinstance(state, list) and state and all(isinstance(item, str) for item in state):
        state = json.loads("".join(state))
    if not isinstance(state, dict | list):
        raise ValueError(f"{name} is neither settings nor a list")
    return state
