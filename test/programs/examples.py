"""The settings of the catalog with their examples."""

from __future__ import annotations

import re
from typing import Any

import yaml
from documents import ROOT

REGION = "us-east-1"
CONTROLS = {file.stem: yaml.load(file.read_text(), Loader=yaml.CSafeLoader) for file in sorted((ROOT / "ssm-documents/controls").glob("*.yaml"))}
SETTINGS = {control_id: control for control_id, control in CONTROLS.items() if "setting" in control}


def listed(one_or_more: Any) -> list[Any]:
    return one_or_more if isinstance(one_or_more, list) else [one_or_more]


def given(control: dict[str, Any], resource: str) -> dict[str, str]:
    """Return the document's parameters, as dispatch takes them from the id of a finding's resource."""
    form = control["resource"]["id"]
    pattern = re.sub(r"\\\{(\w+)(\\\+)?\\\}", lambda m: f"(?P<{m[1]}>{'.+' if m[2] else '[^/:]+'})", re.escape(form))
    found = re.fullmatch(pattern, resource)
    assert found, f"{resource} is not {form}"  # noqa: S101  only tests and their tools come here
    parts = {"region": REGION, **found.groupdict()}
    values = control.get("parameters") or {name: f"{{{name}}}" for name in parts if name not in ("partition", "region", "account")}
    return {name: re.sub(r"\{(\w+)\}", lambda m: parts[m[1]], value) for name, value in values.items()}
