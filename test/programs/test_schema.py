"""The schema of a control's file, by which editors check and explain it."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonschema
import pytest
import yaml
from documents import ROOT

SCHEMA = json.loads((ROOT / "ssm-documents/control.schema.json").read_text())
FILES = {file.stem: yaml.load(file.read_text(), Loader=yaml.CSafeLoader) for file in sorted((ROOT / "ssm-documents/controls").glob("*.yaml"))}
GOOD = FILES["DynamoDB.6"]


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", FILES)
def test_every_control_fits(name: str) -> None:
    jsonschema.validate(FILES[name], SCHEMA, jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    ("at", "value"),
    [
        ("titel", "x"),
        ("scope", "local"),
        ("risk", "none"),
        ("repair", "no sentence"),
        ("setting.wants", True),
        ("setting.atLeast", 7),
        ("setting.read", []),
        ("setting.read.call", "DescribeTable"),
        ("setting.read.when", "x"),
        ("setting.write.absent", "x"),
        ("setting.seconds", 481),
        ("setting.refuse", [{"when": "x"}]),
        ("example.make.width", {}),
        ("example.looks", {}),
    ],
)
def test_what_does_not_fit(at: str, value: Any) -> None:
    control = copy.deepcopy(GOOD)
    *way, last = at.split(".")
    part = control
    for step in way:
        part = part[step]
    part[last] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(control, SCHEMA, jsonschema.Draft202012Validator)


def test_a_setting_has_an_example() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({name: part for name, part in GOOD.items() if name != "example"}, SCHEMA, jsonschema.Draft202012Validator)
