"""The documents that the kept template makes, whole as Systems Manager gets them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
TEMPLATE = json.loads((ROOT / "templates/hubmend-member-runbooks.template.json").read_text())


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


def script(name: str) -> str:
    """Return the script of a document's one step."""
    (step,) = yaml.safe_load(DOCUMENTS[name])["mainSteps"]
    return str(step["inputs"]["Script"])
