"""An account in moto in which documents run as Systems Manager runs them, and in which calls can be made to fail."""

from __future__ import annotations

import functools
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any

import boto3
import botocore.session
import jmespath
from botocore.awsrequest import AWSResponse
from botocore.loaders import Loader
from documents import script
from examples import REGION
from urllib3 import HTTPResponse

ACCOUNT = "123456789012"
CONTEXT = {"global:ACCOUNT_ID": ACCOUNT, "global:REGION": REGION, "global:AWS_PARTITION": "aws"}
EXECUTION = "0b0a7756-0ea4-451a-a703-a558b933e274"
RECALL, CHOSEN = "ssm:GetAutomationExecution", "securityhub:BatchGetSecurityControls"

Answer = dict[str, Any]


class World:
    """Runs documents, and keeps the calls that they make. Its own calls are not among them."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Answer]] = []
        self.known: Answer = {}  # what the calls of an example were answered
        self.denied: dict[str, str] = {}  # error codes by call
        self.busy = 0  # sends that each call's service has no time for
        self.stale = 0  # reads after a write that are answered as before it
        # Moto has neither of these; each answers as AWS does.
        self.answers: dict[str, Callable[[], Answer]] = {CHOSEN: lambda: {"SecurityControls": [{"Parameters": {}}], "UnprocessedIds": []}}
        self.names: Answer = {}  # those of the script that ran last
        self.patches: Answer = {}  # of the methods that the runtime makes calls with
        self.instead: dict[str, Answer] = {}  # parts of answers, by call, that moto cannot be brought to give
        self._seen: dict[str, tuple[int, Answer]] = {}
        self._sent: dict[str, int] = {}
        self._own = boto3.Session(botocore_session=session())
        boto3.setup_default_session(botocore_session=session())
        events = boto3.DEFAULT_SESSION.events
        events.register("provide-client-params", self._note)
        events.register("before-call", self._answer)
        events.register_first("before-send", self._hold)
        events.register("after-call", self._lag)

    def make(self, call: Answer) -> Answer:
        """Make a call of an example, and know its answer from then on."""
        service, api = call["call"].split(":")
        method = getattr(self._own.client(service), botocore.xform_name(api))
        answer: Answer = method(**self.fill(call.get("with", {})))
        del answer["ResponseMetadata"]
        self.known.update(answer)
        return answer

    def look(self, call: Answer) -> Answer:
        """Make a call that reads a resource; an error is an answer too."""
        service, api = call["call"].split(":")
        client = self._own.client(service)
        try:
            answer: Answer = getattr(client, botocore.xform_name(api))(**self.fill(call.get("with", {})))
        except client.exceptions.ClientError as error:
            answer = error.response
        return dict(timeless(answer))

    def fill(self, form: Any) -> Any:
        """Put what is known in the place of {path}."""
        if isinstance(form, dict):
            return {name: self.fill(part) for name, part in form.items()}
        if isinstance(form, list):
            return [self.fill(part) for part in form]
        return re.sub(r"\{([^{}]+)\}", lambda m: str(jmespath.search(m[1], self.known)), form) if isinstance(form, str) else form

    def run(self, document: str, **events: Any) -> Answer:
        """Run a document's script."""
        self.names = {"__name__": document}
        exec(compiled(document), self.names)  # noqa: S102  as Systems Manager does
        for method, patch in self.patches.items():
            setattr(self.names["Aws"], method, patch)
        self.calls, self._seen, self._sent = [], {}, {}
        result: Answer = json.loads(json.dumps(self.names["handler"](events, CONTEXT)))
        return result

    def undo(self, repair: str, parameters: dict[str, str], outputs: Answer, **events: Any) -> Answer:
        """Run the undo of a repair with those outputs."""
        execution = {
            "DocumentName": repair,
            "AutomationExecutionStatus": "Success",
            "Parameters": {name: [value] for name, value in parameters.items()},
            "Outputs": {f"run.{name}": value if isinstance(value, list) else [value] for name, value in outputs.items()},
        }
        self.answers[RECALL] = lambda: {"AutomationExecution": execution}
        return self.run(repair.replace("hubmend-", "hubmend-Undo"), ExecutionId=EXECUTION, **events)

    def _note(self, params: Answer, model: Any, **_: object) -> None:
        self.calls.append((name(model), params))

    def _answer(self, model: Any, **_: object) -> Any:
        call = name(model)
        if call in self.denied:
            code = self.denied[call]
            return http(403), {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 403}}
        return (http(200), self.answers[call]()) if call in self.answers else None

    def _hold(self, request: Any, event_name: str, **_: object) -> Any:
        self._sent[event_name] = self._sent.get(event_name, 0) + 1
        return AWSResponse(request.url, 503, {}, HTTPResponse(io.BytesIO())) if self._sent[event_name] <= self.busy else None

    def _lag(self, http_response: Any, parsed: Answer, model: Any, **_: object) -> None:
        call = name(model)
        put(parsed, self.instead.get(call, {}))
        if call not in self._seen:
            self._seen[call] = (http_response.status_code, dict(parsed))
        elif self.stale > 0 and call.split(":")[1].startswith(("Get", "Describe")):
            self.stale -= 1
            http_response.status_code, before = self._seen[call]
            parsed.clear()
            parsed.update(before)


def withheld(result: Answer) -> Any:
    """Return the calls that a plan withheld."""
    return json.loads("".join(result["Planned"]))


def put(answer: Any, parts: Any) -> None:
    """Put parts in their places in an answer."""
    for at, part in parts.items() if isinstance(parts, dict) else enumerate(parts):
        if isinstance(part, dict | list) and part and (answer.get(at) if isinstance(answer, dict) else answer[at]):
            put(answer[at], part)
        else:
            answer[at] = part


def timeless(answer: Any) -> Any:
    """Return an answer without what tells the time of the answer, or of any change."""
    if isinstance(answer, list):
        return [timeless(part) for part in answer]
    clocks = ("ResponseMetadata", "LastModifiedTimestamp", "LatestRestorableTime")
    return {name: timeless(part) for name, part in answer.items() if name not in clocks} if isinstance(answer, dict) else answer


@functools.cache
def compiled(document: str) -> CodeType:
    return compile(script(document), document, "exec")


MODELS = Loader(extra_search_paths=[str(Path(botocore.__file__).parent / "data")])  # read once for all tests


def session() -> botocore.session.Session:
    one = botocore.session.Session()
    one.register_component("data_loader", MODELS)
    one.set_config_variable("region", REGION)
    return one


def name(model: Any) -> str:
    return f"{model.service_model.service_name}:{model.name}"


def http(status: int) -> AWSResponse:
    return AWSResponse("https://example.com", status, {}, None)
