"""Create an external access analyzer for the account in the Region, and undo that."""

from typing import Any

from hubmend_runtime import Aws, Outcome, Refused, State, items_of, unchanged

NAME = "hubmend-external-access"


def repair(aws: Aws) -> Outcome:
    before = analyzers(aws)
    passing = [one for one in before if one["status"] in ("ACTIVE", "CREATING")]
    if not passing and before:
        broken = ", ".join(f"{one['name']} ({one['status']})" for one in before)
        raise Refused(
            f"The Region has an external access analyzer that does not work: {broken}. Enable or delete it in IAM Access Analyzer, then start "
            "the repair again."
        )
    if not passing:
        aws("accessanalyzer:CreateAnalyzer", analyzerName=NAME, type="ACCOUNT", clientToken=aws.execution)
    aws.until(
        lambda: (
            "" if "ACTIVE" in [one["status"] for one in analyzers(aws)] else "The external access analyzer is not ACTIVE yet. Start the repair again."
        )
    )
    if passing:
        return unchanged(f"the analyzer {passing[0]['name']} looks for external access in this Region.", kept(before))
    return Outcome(f"Created the external access analyzer {NAME}.", [], [{"name": NAME, "type": "ACCOUNT"}])


def undo(aws: Aws, before: State, after: State) -> Outcome:
    now, was = kept(analyzers(aws)), items_of(before)
    if now == was:
        return unchanged("the external access analyzers are as they were before the repair.", now)
    if now != items_of(after):
        raise Refused(
            f"The external access analyzers of the Region have changed since the repair {aws.repair}, so they were left unchanged. "
            f"Find out who changed them. To delete the analyzer {NAME}, do so manually."
        )
    aws("accessanalyzer:DeleteAnalyzer", analyzerName=NAME, absent=("ResourceNotFoundException",))
    aws.until(lambda: "" if kept(analyzers(aws)) == was else f"The analyzer {NAME} still exists. Try again.")
    return Outcome(f"Restored: the external access analyzer {NAME} and its findings are deleted.", now, was)


def analyzers(aws: Aws) -> list[dict[str, Any]]:
    """Return those that look for external access. Other types have other purposes and cost money."""
    return [one for one in aws("accessanalyzer:ListAnalyzers")["analyzers"] if one["type"] in ("ACCOUNT", "ORGANIZATION")]


def kept(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"name": one["name"], "type": one["type"]} for one in found]
