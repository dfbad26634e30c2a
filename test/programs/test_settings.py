"""Every setting, from the example in its control's file alone.

A test reads the resource by the example's own call and judges it by the example's own path, so it does not share the
declaration's idea of what is read, wanted and written.
"""

from __future__ import annotations

import re
from typing import Any

import jmespath
import pytest
from documents import ROOT
from examples import SETTINGS, given, listed
from world import CHOSEN, RECALL, World, withheld

EVERY = pytest.mark.parametrize("control_id", SETTINGS)


class Subject:
    """The resource of an example, made failing."""

    def __init__(self, world: World, control_id: str) -> None:
        self.world, self.control = world, SETTINGS[control_id]
        self.example, self.setting = self.control["example"], self.control["setting"]
        self.document = "hubmend-" + self.control["runbook"]
        self.writes = {call["call"] for call in listed(self.setting["write"]) + listed(self.setting.get("undo", []))}
        self.make(self.example["make"])
        self.parameters = given(self.control, world.fill(self.example["id"]))

    def make(self, calls: Any) -> None:
        for call in listed(calls):
            self.world.make(call)

    def look(self) -> dict[str, Any]:
        return self.world.look(self.example["look"])

    def passes(self) -> bool:
        return jmespath.search(self.example["passes"], self.look()) is True

    def repair(self, **events: Any) -> dict[str, Any]:
        return self.world.run(self.document, **self.parameters, **events)

    def undo(self, outputs: dict[str, Any], **events: Any) -> dict[str, Any]:
        return self.world.undo(self.document, self.parameters, outputs, **events)

    def written(self) -> list[dict[str, Any]]:
        """Return the calls that may change something and that the last run made."""
        return [{"Call": call, "Parameters": parameters} for call, parameters in self.world.calls if call in self.writes]

    def fails(self, word: str) -> str:
        """Run the repair, which must fail in this way, and return its message."""
        with pytest.raises(Exception, match=f"^hubmend:{word} ") as failure:
            self.repair()
        return str(failure.value)


@pytest.fixture
def subject(control_id: str, account: None, waits: list[float]) -> Subject:  # noqa: ARG001  the fixtures are the account and its clock
    return Subject(World(), control_id)


def test_there_are_settings() -> None:
    assert len(SETTINGS) > 12


@EVERY
def test_a_setting_is_short(control_id: str) -> None:
    told = r"^(title|repair|riskReason|irreversible): .*\n"
    lines = re.sub(told, "", (ROOT / f"ssm-documents/controls/{control_id}.yaml").read_text().partition("\nexample:")[0], flags=re.MULTILINE)
    assert len([line for line in lines.splitlines() if line and not line.startswith("#")]) <= 25


@EVERY
def test_a_repair_and_its_undo(subject: Subject) -> None:
    before = subject.look()
    assert not subject.passes()

    planned = withheld(subject.repair(Mode="plan"))
    assert subject.written() == []
    repaired = subject.repair()
    assert subject.written() == planned
    assert not repaired["Change"].startswith("Nothing to change")
    assert subject.passes()

    after = subject.look()
    assert subject.repair()["Change"].startswith("Nothing to change: ")
    assert subject.written() == []

    if not subject.control.get("reversible"):
        return
    planned = withheld(subject.undo(repaired, Mode="plan"))
    assert subject.written() == []
    assert subject.look() == after
    undone = subject.undo(repaired)
    assert subject.written() == planned
    assert undone["Change"].startswith("Restored: ")
    assert subject.look() == before
    assert subject.undo(repaired)["Change"].startswith("Nothing to change: ")
    assert subject.written() == []


@EVERY
def test_what_was_changed_since_is_left(subject: Subject) -> None:
    if "change" not in subject.example:
        two = isinstance(subject.setting.get("want"), bool | str) or len(subject.setting.get("add", subject.setting.get("remove", []))) == 1
        assert two, "the value has more than two states, so the example needs a change"
        return
    repaired = subject.repair()
    subject.make(subject.example["change"])
    changed = subject.look()
    with pytest.raises(Exception, match=r"^hubmend:refused .* has changed since the repair "):
        subject.undo(repaired)
    assert subject.written() == []
    assert subject.look() == changed


@EVERY
def test_a_read_that_is_denied(subject: Subject) -> None:
    for call in [call["call"] for call in listed(subject.setting["read"])] + [CHOSEN] * ("parameter" in subject.setting):
        subject.world.denied = {call: "AccessDeniedException"}
        assert subject.fails("read").startswith(f"hubmend:read AccessDeniedException {call}: ")
        assert subject.written() == []


@EVERY
def test_a_write_that_is_denied(subject: Subject) -> None:
    before = subject.look()
    call = withheld(subject.repair(Mode="plan"))[0]["Call"]
    subject.world.denied = {call: "AccessDeniedException"}
    assert subject.fails("write").startswith(f"hubmend:write AccessDeniedException {call}: ")
    assert subject.look() == before


@EVERY
def test_the_repair_cannot_be_recalled(subject: Subject) -> None:
    if not subject.control.get("reversible"):
        return
    repaired = subject.repair()
    subject.world.denied = {RECALL: "AccessDeniedException"}
    with pytest.raises(Exception, match=r"^hubmend:recall AccessDeniedException ssm:GetAutomationExecution"):
        subject.undo(repaired)


@EVERY
def test_services_that_are_busy(subject: Subject) -> None:
    subject.world.busy = 2
    subject.repair()
    assert subject.passes()


@EVERY
def test_a_change_that_is_slow_to_show(subject: Subject) -> None:
    subject.world.stale = 3
    subject.repair()
    assert subject.passes()


@EVERY
def test_a_change_that_never_shows(subject: Subject) -> None:
    subject.world.stale = 1000
    assert "AWS still reports" in subject.fails("unverified")


@EVERY
def test_a_resource_that_is_gone(control_id: str, account: None, waits: list[float]) -> None:  # noqa: ARG001
    subject = Subject(World(), control_id)
    if subject.control["resource"]["type"] == "AwsAccount":
        return
    subject.make(subject.example["gone"])
    code = subject.fails("read").split()[1]
    assert subject.written() == []
    assert re.search(r"NotFound|NoSuch|NonExistent|^BadRequestException$", code), code  # the last is GuardDuty's


@EVERY
def test_a_change_by_another_at_the_same_time(subject: Subject) -> None:
    for call in listed(subject.setting["write"]):
        for code in listed(call.get("stale", [])):
            subject.world.denied = {call["call"]: code}
            subject.fails("write")
            assert [written["Call"] for written in subject.written()] == [call["call"]] * 3


@EVERY
def test_every_reason_has_an_example(control_id: str) -> None:
    control = SETTINGS[control_id]
    for kind in ("refuse", "skip"):
        cases = control["example"].get(kind, [])
        for reason in control["setting"].get(kind, []):
            assert any(case["say"] in reason["say"] for case in cases), reason["say"]


def reasons(kind: str) -> list[Any]:
    return [pytest.param(name, case, id=f"{name} {case['say']}") for name in SETTINGS for case in SETTINGS[name]["example"].get(kind, [])]


@pytest.mark.parametrize(("control_id", "case"), reasons("refuse"))
def test_what_is_refused(subject: Subject, case: dict[str, Any]) -> None:
    subject.make(case.get("make", []))
    subject.world.instead = case.get("instead", {})
    before = subject.look()
    assert case["say"] in subject.fails("refused")
    assert subject.written() == []
    assert subject.look() == before


@pytest.mark.parametrize(("control_id", "case"), reasons("skip"))
def test_what_needs_no_change(subject: Subject, case: dict[str, Any]) -> None:
    subject.make(case.get("make", []))
    subject.world.instead = case.get("instead", {})
    result = subject.repair()
    assert case["say"] in result["Change"]
    assert result["Change"].startswith("Nothing to change: ")
    assert subject.written() == []


@pytest.mark.parametrize("control_id", [name for name in SETTINGS if "parameter" in SETTINGS[name]["setting"]])
def test_a_value_that_security_hub_checks_for(subject: Subject) -> None:
    chosen = subject.example["parameter"]
    own = {subject.setting["parameter"]: {"ValueType": "CUSTOM", "Value": chosen["value"]}}
    subject.world.answers[CHOSEN] = lambda: {"SecurityControls": [{"Parameters": own}], "UnprocessedIds": []}
    subject.repair()
    assert jmespath.search(chosen["passes"], subject.look()) is True
