"""Write a scenario of the lab for each setting, from the example in its control's file alone.

The lab evaluates every call against the role that was derived from the setting: a permission that is missing fails the
scenario, and one that no scenario needs fails the check of all permissions. The argument is the folder to write to.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import botocore.session
from examples import SETTINGS, given, listed

EXAMPLE_ACCOUNT = "123456789012"
SESSION = botocore.session.Session()


def answers(call: str) -> set[str]:
    """Return the names of what a call is answered."""
    service, api = call.split(":")
    shape = SESSION.get_service_model(service).operation_model(api).output_shape
    return set(shape.members) if shape else set()


def filled(form: Any, made: list[str]) -> Any:
    """Replace values that are only known when the scenario runs, such as {Vpc.VpcId}, by a reference to the latest call with them."""
    if isinstance(form, dict):
        return {name: filled(part, made) for name, part in form.items()}
    if isinstance(form, list):
        return [filled(part, made) for part in form]
    if not isinstance(form, str):
        return form

    def reference(match: re.Match[str]) -> str:
        (top,) = re.findall(r"^\w+", match[1])
        number = max(number for number, call in enumerate(made) if top in answers(call))
        return f"${{made{number}.{match[1]}}}"

    return re.sub(r"\{([^{}]+)\}", reference, form).replace(EXAMPLE_ACCOUNT, "${account}")


def parameters(control: dict[str, Any], resource: str) -> dict[str, str]:
    """Return the document's parameters. Where AWS's answer is the whole id, so is every parameter."""
    whole = control["resource"]["id"].replace("+}", "}")
    if resource.startswith("${") and set(control["parameters"].values()) == {whole}:
        return dict.fromkeys(control["parameters"], resource)
    return given(control, resource)


def run(document: str, name: str, values: dict[str, str]) -> dict[str, Any]:
    role = f"arn:aws:iam::${{account}}:role/{document}"
    call = {"service": "ssm", "api": "StartAutomationExecution", "name": name}
    return {
        "call": {
            **call,
            "input": {"DocumentName": document, "Parameters": {key: [value] for key, value in {"AutomationAssumeRole": role, **values}.items()}},
        }
    }


def ended(name: str) -> dict[str, Any]:
    read = {"service": "ssm", "api": "GetAutomationExecution", "input": {"AutomationExecutionId": f"${{{name}.AutomationExecutionId}}"}}
    return {"expect": {"call": read, "path": "$.AutomationExecution.AutomationExecutionStatus", "equals": "Success"}}


def scenario(control: dict[str, Any]) -> dict[str, Any]:
    made: list[str] = []
    seed = []
    for number, one in enumerate(listed(control["example"]["make"])):
        service, api = one["call"].split(":")
        seed.append({"name": f"made{number}", "service": service, "api": api, "input": filled(one.get("with", {}), made)})
        made.append(one["call"])
    runbook, resource = "hubmend-" + control["runbook"], filled(control["example"]["id"], made)
    events = [run(runbook, "repair", parameters(control, resource)), {"wait": True}, ended("repair")]
    if control["reversible"]:
        execution = {"ExecutionId": "${repair.AutomationExecutionId}"}
        events += [run("hubmend-Undo" + control["runbook"], "undo", execution), {"wait": True}, ended("undo")]
    return {
        "name": f"Setting {control['id']}: repaired and undone under the roles that are derived from it",
        "product": "",
        "seed": seed,
        "events": events,
        "expect": [{"executions": 2 if control["reversible"] else 1}],
    }


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.yaml"):
        old.unlink()
    for control_id, control in SETTINGS.items():
        (folder / f"{control_id}.yaml").write_text(json.dumps(scenario(control), indent=1))


if __name__ == "__main__":
    main()
