"""Compare the CloudFormation lines of patches, on stdin as JSON by control, with the schemas of cfn-lint's resource types.

It prints a line for each type or property that AWS does not have.
"""

import json
import sys
from typing import Any

import yaml
from cfnlint.decode.cfn_yaml import loads
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

REGION = "us-east-1"


def resolved(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference within the schema of a resource type."""
    while "$ref" in schema:
        found: Any = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema


def unknown(value: Any, schema: dict[str, Any], root: dict[str, Any], at: str) -> list[str]:
    """Find the properties that a schema does not have."""
    schema = resolved(schema, root)
    if isinstance(value, list):
        return [p for item in value for p in unknown(item, schema.get("items", {}), root, at)]
    if not isinstance(value, dict) or any(key == "Ref" or key.startswith("Fn::") for key in value):
        return []
    properties = dict(schema.get("properties", {}))
    for more in schema.get("oneOf", []) + schema.get("anyOf", []) + schema.get("allOf", []):
        properties.update(resolved(more, root).get("properties", {}))
    if not properties:  # a policy, or a map with any keys
        return []
    problems = []
    for key, inner in value.items():
        if key in properties:
            problems += unknown(inner, properties[key], root, f"{at}.{key}")
        else:
            problems.append(f"{at} has no property {key}")
    return problems


def problems(text: str) -> list[str]:
    """Find what is wrong with the lines of one patch."""
    found = []
    for name, resource in loads(text).items():
        kind = resource.get("Type", "")
        if kind not in PROVIDER_SCHEMA_MANAGER.get_resource_types(REGION):
            found.append(f"{name}: CloudFormation has no type {kind}")
            continue
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
        found += unknown(resource.get("Properties", {}), schema, schema, kind)
        if set(resource) != {"Type", "Properties"}:
            found.append(f"{name} has not exactly Type and Properties")
    return found


def main() -> None:
    """Check all patches."""
    for control, text in json.load(sys.stdin).items():
        try:
            found = problems(text)
        except (yaml.YAMLError, ValueError) as error:
            found = [str(error)]
        for problem in found:
            print(f"{control}: {problem}")


if __name__ == "__main__":
    main()
