"""The documents that the kept template makes, whole as Systems Manager gets them."""

from __future__ import annotations

import ast
import json
import re

import jsonschema
import pytest
import yaml
from derive import REFERENCE
from documents import DOCUMENTS, ROOT

SCHEMA = json.loads((ROOT / "node_modules/aws-ssm-document-language-service/dist/schema.json").read_text())
LIMIT = 64 * 1024 - 2 * 1024  # the values of an execution's parameters count too


def test_there_are_documents() -> None:
    assert "hubmend-EnableKeyRotation" in DOCUMENTS


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_one_that_systems_manager_takes(name: str) -> None:
    text = DOCUMENTS[name]
    assert len(text.encode()) <= LIMIT
    document = yaml.safe_load(text)
    (step,) = document["mainSteps"]
    inputs = step["inputs"]
    script = inputs["Script"]
    assert not REFERENCE.search(script)
    assert all(re.fullmatch(r"\{\{ \w+ \}\}", value) for value in inputs["InputPayload"].values())
    for version in ((3, 10), (3, 11), (3, 12)):
        ast.parse(script, feature_version=version)
    compile(script, name, "exec")
    inputs["Runtime"] = "python3.7"  # the schema is older than python3.11, and that is all that may differ
    jsonschema.validate(document, SCHEMA)
