"""What the engine of settings decides, beyond what examples of controls can show."""

from __future__ import annotations

import copy
from typing import Any

import hubmend_settings as engine
import pytest
from hubmend_runtime import Aws, Outcome, Refused, Unverified

DECLARED: dict[str, Any] = {
    "what": "the limit",
    "read": [{"call": "x:Get", "with": {"Id": "{Id}"}}],
    "value": "Thing.Limit",
    "write": [{"call": "x:Set", "with": {"Id": "{Id}", "Limit": "{value}"}}],
}
LIST: dict[str, Any] = {
    **DECLARED,
    "what": "the list",
    "value": "Thing.Items",
    "write": [
        {"call": "x:Add", "with": {"Items": "{added}"}, "when": "added"},
        {"call": "x:Remove", "with": {"Items": "{removed}"}, "when": "removed"},
    ],
}


class Fake(Aws):
    """An AWS that has one thing."""

    def __init__(self, thing: dict[str, Any] | None) -> None:
        super().__init__({}, {"global:ACCOUNT_ID": "111111111111", "global:REGION": "us-east-1", "global:AWS_PARTITION": "aws"})
        self.thing, self.calls = thing, list[tuple[str, dict[str, Any]]]()
        self.before_read: list[dict[str, Any]] = []  # what the thing becomes before each of the next reads
        self.stale = 0  # writes that find that something changed
        self.ignores = False  # whatever is written
        self.repair = "r-1"

    def __call__(self, call: str, /, *, absent: Any = (), **parameters: Any) -> Any:
        if call == "x:Get":
            self.thing = self.before_read.pop(0) if self.before_read else self.thing
            return None if self.thing is None else {"Thing": copy.deepcopy(self.thing), "Version": 1}
        parameters.pop("retry", None)
        self.calls.append((call, parameters))
        if self.stale and absent:
            self.stale -= 1
            return None
        if self.ignores:
            return {}
        thing = self.thing = self.thing or {}
        if call == "x:Add":
            thing["Items"] = thing.get("Items", []) + parameters["Items"]
        elif call == "x:Remove":
            thing["Items"] = [item for item in thing["Items"] if item not in parameters["Items"]]
        elif call == "x:Delete":
            self.thing = None
        else:
            thing.update({name: part for name, part in parameters.items() if name != "Id"})
        return {}


@pytest.fixture(autouse=True)
def _clock(waits: list[float]) -> None:
    """Wait for nothing."""


def repair(aws: Fake, declared: dict[str, Any]) -> Outcome:
    return engine.repair_setting(aws, declared, {"Id": "1"})


def undo(aws: Fake, declared: dict[str, Any], repaired: Outcome) -> Outcome:
    aws.calls = []
    return engine.undo_setting(aws, declared, {"Id": "1"}, repaired.before, repaired.after)


@pytest.mark.parametrize(
    ("goal", "found", "written"),
    [
        ({"atLeast": 7}, 1, 7),
        ({"atLeast": 7}, 7, None),
        ({"atLeast": 7}, 30, None),
        ({"atLeast": 7}, None, 7),
        ({"atLeast": 7}, 0, 7),
        ({"atMost": 7}, 30, 7),
        ({"atMost": 7}, 1, None),
        ({"atMost": 7}, None, 7),
        ({"want": "on"}, "off", "on"),
        ({"want": "on"}, "on", None),
        ({"want": False}, None, False),
        ({"want": "{Id}-logs"}, "", "1-logs"),
    ],
)
def test_what_is_written(goal: dict[str, Any], found: Any, written: Any) -> None:
    aws = Fake({"Limit": found})
    outcome = repair(aws, {**DECLARED, **goal})
    assert aws.calls == ([] if written is None else [("x:Set", {"Id": "1", "Limit": written})])
    assert outcome.change.startswith("Nothing to change: the limit is ") == (written is None)
    assert (outcome.before, outcome.after) == ({"the limit": found}, {"the limit": found if written is None else written})


def test_items_are_added_and_removed_and_only_those_come_back() -> None:
    aws = Fake({"Items": ["a", "x"]})
    declared = {**LIST, "add": ["b"], "remove": ["x", "y"]}
    repaired = repair(aws, declared)
    assert aws.calls == [("x:Add", {"Items": ["b"]}), ("x:Remove", {"Items": ["x"]})]
    assert repaired.change == "Changed the list: added b and removed x."
    assert aws.thing == {"Items": ["a", "b"]}
    aws.thing["Items"].append("theirs")
    undo(aws, declared, repaired)
    assert aws.thing == {"Items": ["a", "theirs", "x"]}
    assert undo(aws, declared, repaired).change.startswith("Nothing to change")


def test_an_undo_of_a_list_of_which_some_was_changed() -> None:
    aws = Fake({})
    declared = {**LIST, "add": ["a", "b"]}
    repaired = repair(aws, declared)
    assert aws.thing is not None
    aws.thing["Items"].remove("a")
    with pytest.raises(Refused, match="The list has changed since the repair r-1, so it was left unchanged"):
        undo(aws, declared, repaired)
    assert aws.calls == []


PARTS = {
    **DECLARED,
    "value": "Thing",
    "want": {"A": True, "B": True},
    "write": [{"call": "x:Set", "with": {"A": "{value.A}"}}, {"call": "x:Set", "with": {"B": "{value.B}"}}],
}


def test_a_call_writes_its_member_only_when_that_changes() -> None:
    aws = Fake({"A": True, "B": False, "C": "secret"})
    repaired = repair(aws, PARTS)
    assert aws.calls == [("x:Set", {"B": True})]
    assert repaired.before == {"the limit": {"A": True, "B": False}}, "no more than it is about is kept"
    undo(aws, PARTS, repaired)
    assert aws.calls == [("x:Set", {"B": False})]
    assert aws.thing == {"A": True, "B": False, "C": "secret"}


def test_another_member_that_was_changed_since_stays() -> None:
    aws = Fake({"A": False, "B": False, "C": 1})
    repaired = repair(aws, PARTS)
    assert aws.thing is not None
    aws.thing["C"] = 2
    undo(aws, PARTS, repaired)
    assert aws.thing == {"A": False, "B": False, "C": 2}


def test_what_was_absent_is_deleted_again() -> None:
    aws = Fake(None)
    declared = {**DECLARED, "want": 7, "undo": [{"call": "x:Set", "when": "value"}, {"call": "x:Delete", "when": "!value"}]}
    repaired = repair(aws, declared)
    assert aws.thing == {"Limit": 7}
    assert undo(aws, declared, repaired).change == "Restored: the limit is not set, as before the repair."
    assert aws.calls == [("x:Delete", {})]


def test_the_whole_is_written_with_one_part_changed() -> None:
    aws = Fake({"Limit": 1, "Name": "kept"})
    write = [{"call": "x:Set", "with": {"Version": "{Version}", "Whole": "{changed.Thing}"}}]
    aws.ignores = True
    with pytest.raises(Unverified, match="The limit was changed, but AWS still reports 1"):
        repair(aws, {**DECLARED, "want": 7, "write": write})
    assert aws.calls == [("x:Set", {"Version": 1, "Whole": {"Limit": 7, "Name": "kept"}})]


def test_what_was_changed_meanwhile_is_read_again() -> None:
    aws = Fake({"Limit": 1})
    aws.before_read, aws.stale = [{"Limit": 1}, {"Limit": 2}], 1
    write = [{**DECLARED["write"][0], "stale": ["PreconditionFailed"]}]
    outcome = repair(aws, {**DECLARED, "want": 7, "write": write})
    assert [call for call, _ in aws.calls] == ["x:Set", "x:Set"]
    assert outcome.before == {"the limit": 2}


def test_a_change_waits_for_the_state_in_which_aws_takes_it() -> None:
    aws = Fake({"Limit": 1, "State": "UPDATING"})
    aws.before_read = [{"Limit": 1, "State": "UPDATING"}] * 3 + [{"Limit": 1, "State": "ACTIVE"}]
    repair(aws, {**DECLARED, "want": 7, "ready": "Thing.State == 'ACTIVE'"})
    assert aws.thing == {"Limit": 7, "State": "ACTIVE"}


def test_aws_has_the_last_word_when_that_state_does_not_come() -> None:
    aws = Fake({"Limit": 1, "State": "STUCK"})
    repair(aws, {**DECLARED, "want": 7, "ready": "Thing.State == 'ACTIVE'"})
    assert aws.calls == [("x:Set", {"Id": "1", "Limit": 7})]


def test_a_change_that_aws_accepted_and_applies_later() -> None:
    aws = Fake({"Limit": True, "Later": {}})
    declared = {**DECLARED, "pending": "Thing.Later.Limit", "want": False, "write": [{"call": "x:Set", "with": {"Later": {"Limit": "{value}"}}}]}
    repaired = repair(aws, declared)
    assert repaired.change == "Turned off the limit. AWS accepted the change and applies it later."
    assert (repaired.before, repaired.after) == ({"the limit": True}, {"the limit": False})
    assert repair(aws, declared).change == "Nothing to change: the limit is off. AWS accepted the change and applies it later."
    assert len(aws.calls) == 1
    assert undo(aws, declared, repaired).change.startswith("Restored: the limit is on, ")
    assert aws.thing == {"Limit": True, "Later": {"Limit": True}}
    aws.thing = {"Limit": False, "Later": {}}
    assert repair(aws, declared).change == "Nothing to change: the limit is off."


@pytest.mark.parametrize("reason", ["Thing.Pending", "Thing.Limit == `1`", "!(Thing.Name)"])
def test_a_refusal_comes_before_any_change(reason: str) -> None:
    aws = Fake({"Limit": 1, "Pending": {"Class": "large"}})
    with pytest.raises(Refused, match=r"hubmend:refused \{\"Class\": \"large\"\} is pending for 1\."):
        repair(aws, {**DECLARED, "want": 7, "refuse": [{"when": reason, "say": "{Thing.Pending} is pending for {Id}."}]})
    assert aws.calls == []


def test_nothing_is_refused_that_needs_no_change() -> None:
    assert (
        repair(Fake({"Limit": 7}), {**DECLARED, "want": 7, "refuse": [{"when": "Thing", "say": "No."}]}).change
        == "Nothing to change: the limit is 7."
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "on"), ("false", "off"), ("ENABLED", "on"), (None, "not set"), ([], "empty"), (["a", "b"], "a, b"), ({"A": True}, "A on"), (7, "7")],
)
def test_values_for_people(value: Any, text: str) -> None:
    assert engine.shown(value) == text


def test_a_parameter_is_no_form() -> None:
    """Values from a finding are never used as a path."""
    assert engine.filled("{Id}", {"Id": "{account}", "account": "1"}) == "{account}"
    assert engine.filled("a/{Id}", {"Id": "{account}", "account": "1"}) == "a/{account}"
