"""The documents that the kept templates make, whole as Systems Manager gets them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
TEMPLATES = [json.loads(file.read_text()) for file in sorted((ROOT / "templates").glob("hubmend-member-runbooks*.template.json"))]


def expanded(template: dict[str, Any], content: Any) -> str:
    """Do what CloudFormation does with the content of a document."""
    if isinstance(content, str):
        return content
    if "Fn::Join" in content:
        separator, parts = content["Fn::Join"]
        return str(separator).join(expanded(template, part) for part in parts)
    name, key, attribute = content["Fn::FindInMap"]
    return str(template["Mappings"][name][key][attribute])


DOCUMENTS = {
    resource["Properties"]["Name"]: expanded(template, resource["Properties"]["Content"])
    for template in TEMPLATES
    for resource in template["Resources"].values()
    if resource["Type"] == "AWS::SSM::Document"
}


def script(name: str) -> str:
    """Return the script of a document's one step."""
    (step,) = yaml.safe_load(DOCUMENTS[name])["mainSteps"]
    return str(step["inputs"]["Script"])
