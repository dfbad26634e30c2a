"""The documents that the kept template makes, whole as Systems Manager gets them."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from derive import REFERENCE

ROOT = Path(__file__).parents[2]
TEMPLATE = json.loads((ROOT / "templates/hubmend-member-runbooks.template.json").read_text())
SCHEMA = json.loads((ROOT / "node_modules/aws-ssm-document-language-service/dist/schema.json").read_text())
LIMIT = 64 * 1024 - 2 * 1024  # the values of an execution's parameters count too


def expanded(content: Any) -> str:
    """Do what CloudFormation does with the content of a document."""
    if isinstance(content, str):
        return content
    if "Fn::Join" in content:
        separator, parts = content["Fn::Join"]
        return str(separator).join(expanded(part) for part in parts)
    name, key, attribute = content["Fn::FindInMap"]
    return str(TEMPLATE["Mappings"][name][key][attribute])


DOCUMENTS = {
    resource["Properties"]["Name"]: expanded(resource["Properties"]["Content"])
    for resource in TEMPLATE["Resources"].values()
    if resource["Type"] == "AWS::SSM::Document" and not isinstance(resource["Properties"]["Content"], str)
}


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
