"""A plan of any document sends no write, even if its program tries to."""

from __future__ import annotations

from typing import Any

import boto3
import botocore.session
import pytest
from botocore.config import Config
from botocore.model import ListShape, MapShape, Shape, StructureShape
from documents import DOCUMENTS, script

SESSION = botocore.session.Session()


def least(shape: Shape | None) -> Any:
    """Return the smallest input that botocore sends."""
    if isinstance(shape, StructureShape):
        return {name: least(shape.members[name]) for name in shape.required_members}
    if isinstance(shape, ListShape | MapShape) or shape is None:
        return [] if isinstance(shape, ListShape) else {}
    return {"boolean": True, "integer": 1, "long": 1, "timestamp": 0, "blob": b""}.get(shape.type_name, "x" * 20)


def run(document: str) -> dict[str, Any]:
    """Run a document's script, not as a module, and return its names."""
    names: dict[str, Any] = {"__name__": document}
    exec(script(document), names)  # noqa: S102 (the script is ours)
    return names


def calls(kind: str) -> list[tuple[str, str]]:
    return [(document, call) for document in DOCUMENTS for call, how in run(document)["CALLS"].items() if how == kind]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """List what leaves, and answer nothing."""
    found: list[str] = []
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.setenv(f"AWS_{name}", "none")
    make = boto3.client

    def client(service: str, config: Config, **_: object) -> Any:
        once = config.merge(Config(retries={"total_max_attempts": 1}, parameter_validation=False))
        one = make(service, region_name="us-east-1", config=once)

        def stop(request: Any, **_: object) -> None:
            found.append(str(request.url))
            raise ConnectionError("nobody is there")

        one.meta.events.register("before-send", stop)
        return one

    monkeypatch.setattr(boto3, "client", client)
    return found


def planner(document: str) -> Any:
    names = run(document)
    context = {"global:ACCOUNT_ID": "111111111111", "global:REGION": "us-east-1", "global:AWS_PARTITION": "aws"}
    return names["Aws"](names["CALLS"], context, planning=True)


def parameters(call: str) -> Any:
    service, api = call.split(":")
    return least(SESSION.get_service_model(service).operation_model(api).input_shape)


@pytest.mark.parametrize(("document", "call"), calls("write"))
def test_a_write_stays(document: str, call: str, sent: list[str]) -> None:
    aws = planner(document)
    assert aws(call, **parameters(call)) == {}
    assert [one["Call"] for one in aws.planned] == [call]
    with pytest.raises(RuntimeError, match=f"{call} is not a read, so a plan does not send it"):
        aws._sent(call, "read", parameters(call))  # as if the runtime took it for a read
    assert sent == []


@pytest.mark.parametrize(("document", "call"), calls("read"))
def test_a_read_leaves(document: str, call: str, sent: list[str]) -> None:
    with pytest.raises(ConnectionError):
        planner(document)._sent(call, "read", parameters(call))
    assert len(sent) == 1
