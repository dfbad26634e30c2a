"""The engine of settings: repairs that are declared in a control's file instead of programmed.

A declaration defines how a value is read, which value is required and how it is written. `hubmend lint` checks it.
Its paths are JMESPath over the document's parameters and the answers of the reads.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jmespath
from hubmend_runtime import Aws, Outcome, Refused, State, Unverified, unchanged

Declaration = Mapping[str, Any]
TRIES = 3  # attempts when something else changes the resource at the same time
WORDS = {"true": "on", "false": "off", "ENABLED": "on", "DISABLED": "off", "null": "not set"}


def repair_setting(aws: Aws, declared: Declaration, given: Mapping[str, str]) -> Outcome:
    """Repair a resource as declared."""
    setting = Setting(aws, declared, given)
    passes: list[str] = []

    def decide(read: Reading) -> Any:
        passes[:] = [filled(reason["say"], read.known) for reason in declared.get("skip", ()) if holds(reason["when"], read.known)]
        return read.value if passes else setting.wanted(read)

    read, value = setting.change(declared["write"], decide)
    if value == read.value:
        return unchanged(passes[0] if passes else f"{setting.what} is {shown(setting.state(value))}.{setting.later}", setting.kept(value))
    return Outcome(setting.told(read.value, value) + setting.later, setting.kept(read.value), setting.kept(value))


def undo_setting(aws: Aws, declared: Declaration, given: Mapping[str, str], before: State, after: State) -> Outcome:
    """Undo such a repair, unless the value has changed since."""
    setting = Setting(aws, declared, given)
    # Each state is one value. Its name is for people and may differ between versions, so it is not compared.
    (was,), (left,) = (list(state.values()) if isinstance(state, dict) else state for state in (before, after))
    read, value = setting.change(declared.get("undo", declared["write"]), lambda read: setting.restored(read.value, was, left))
    if value == read.value:
        return unchanged(f"{setting.what} is as it was before the repair.", setting.kept(value))
    change = f"Restored: {setting.what} is {shown(setting.state(value))}, as before the repair.{setting.later}"
    return Outcome(change, setting.kept(read.value), setting.kept(value))


class Reading(NamedTuple):
    """The state of a resource at one time."""

    known: dict[str, Any]
    value: Any


class Setting:
    """One setting of one resource."""

    def __init__(self, aws: Aws, declared: Declaration, given: Mapping[str, str]) -> None:
        """Take a declaration and the parameters of the document."""
        self.aws, self.declared, self.what = aws, declared, str(declared["what"])
        self.given = {**given, "account": aws.account, "region": aws.region, "partition": aws.partition}
        self.lists = "add" in declared or "remove" in declared
        self.later = ""  # a sentence if AWS has accepted the value, but does not use it yet

    def read(self) -> Reading:
        """Make the reads in order. Each may use the answers of those before it."""
        known: dict[str, Any] = dict(self.given)
        for call in self.declared["read"]:
            known.update(self.aws(call["call"], absent=call.get("absent", ()), **filled(call.get("with", {}), known)) or {})
        value, pending = (jmespath.search(self.declared.get(name, "`null`"), known) for name in ("value", "pending"))
        self.later = "" if pending is None else " AWS accepted the change and applies it later."
        value = value if pending is None else pending
        return Reading(known, (value or []) if self.lists else value)

    def change(self, calls: list[Declaration], decide: Callable[[Reading], Any]) -> tuple[Reading, Any]:
        """Read, decide on a value, write it and wait until AWS reports it. Return the reading and the decided value."""
        for again in reversed(range(TRIES)):
            read = self.read()
            value = decide(read)
            if value == read.value:
                return read, value
            for reason in self.declared.get("refuse", ()):
                if holds(reason["when"], read.known):
                    raise Refused(filled(reason["say"], read.known))
            if self.ready(read) or not again:
                if self.write(calls, read, value, again > 0):
                    break
            else:
                self.wait()
        self.aws.until(lambda: self.unlike(read.value, value), self.declared.get("seconds", 60.0))
        return read, value

    def ready(self, read: Reading) -> bool:
        """Return whether the resource is in a state in which AWS accepts changes."""
        return self.aws.planning or "ready" not in self.declared or holds(self.declared["ready"], read.known)

    def wait(self) -> None:
        """Wait for that state. If it does not come, the write is tried anyway."""
        try:
            self.aws.until(lambda: "" if self.ready(self.read()) else "It is being changed.")
        except Unverified:
            return

    def wanted(self, read: Reading) -> Any:
        """Return the required value, derived from the current one."""
        value, declared = read.value, self.declared
        if self.lists:
            kept = [item for item in value if item not in declared.get("remove", ())]
            return kept + [item for item in declared.get("add", ()) if item not in value]
        if "atLeast" in declared or "atMost" in declared:
            limit = self.chosen(declared.get("atLeast", declared.get("atMost")))
            meets = value is not None and (value >= limit if "atLeast" in declared else value <= limit)
            return value if meets else limit
        want = self.chosen(filled(declared["want"], read.known))
        return {**(value or {}), **want} if isinstance(want, dict) else want

    def chosen(self, default: Any) -> Any:
        """Return the value that Security Hub checks for in this account, where the control has a parameter for it."""
        if "parameter" not in self.declared:
            return default
        control, name = self.declared["control"], self.declared["parameter"]
        answer = self.aws("securityhub:BatchGetSecurityControls", SecurityControlIds=[control], absent=("InvalidAccessException",)) or {}
        own = jmespath.search(f"SecurityControls[0].Parameters.{name}.Value.*|[0]", answer)
        return default if own is None else own

    def restored(self, value: Any, was: Any, left: Any) -> Any:
        """Return the value with the repair's change undone, or refuse."""
        if self.lists:
            added, removed = [item for item in left if item not in was], [item for item in was if item not in left]
            value_before = [item for item in value if item not in added] + [item for item in removed if item not in value]
            repaired = all(item in value for item in added) and not any(item in value for item in removed)
        else:
            value_before, repaired = self.replaced(value, was), self.state(value) == left
        if repaired or value_before == value:
            return value_before
        raise Refused(
            f"{upper(self.what)} has changed since the repair {self.aws.repair}, so it was left unchanged. "
            "Find out who changed it. To restore the previous value, set it manually."
        )

    def replaced(self, value: Any, state: Any) -> Any:
        """Return a value with its declared members replaced."""
        if not self.members or state is None:
            return state
        return {**{name: member for name, member in (value or {}).items() if name not in self.members}, **state}

    @property
    def members(self) -> Sequence[str]:
        """The declared members of a value that is a structure."""
        want = self.declared.get("want")
        return tuple(want) if isinstance(want, dict) else ()

    def state(self, value: Any) -> Any:
        """Return the declared part of a value. Only this part is recorded."""
        return {name: value[name] for name in self.members if name in value} if self.members and value is not None else value

    def kept(self, value: Any) -> State:
        return {self.what: self.state(value)}

    def write(self, calls: list[Declaration], read: Reading, value: Any, again: bool) -> bool:
        """Make the calls that apply. Return False when the reading is stale and may be repeated."""
        known = {**read.known, "value": value, **self.difference(read.value, value)}
        if "{changed." in json.dumps(calls):
            known["changed"] = placed(read.known, self.declared["value"], value)
        for call in calls:
            if not holds(call.get("when", "`true`"), known) or untouched(call, read.value, value):
                continue
            stale = call.get("stale", ()) if again else ()
            if self.aws(call["call"], absent=stale, retry=call.get("retry", ()), **filled(call.get("with", {}), known)) is None:
                return False
        return True

    def difference(self, was: Any, value: Any) -> dict[str, list[Any]]:
        if not self.lists:
            return {}
        return {"added": [item for item in value if item not in was], "removed": [item for item in was if item not in value]}

    def unlike(self, was: Any, value: Any) -> str:
        """Return a sentence about the value that AWS still reports, or nothing when it is the right one."""
        now = self.read().value
        if self.lists:
            changes = self.difference(was, value)
            alike = all(item in now for item in changes["added"]) and not any(item in now for item in changes["removed"])
        else:
            alike = self.state(now) == self.state(value)
        return "" if alike else f"{upper(self.what)} was changed, but AWS still reports {shown(self.state(now))}."

    def told(self, was: Any, value: Any) -> str:
        """Return one line about what was changed."""
        if self.lists:
            changes = self.difference(was, value)
            return f"Changed {self.what}: {' and '.join(f'{how} {shown(items)}' for how, items in changes.items() if items)}."
        if shown(value) in ("on", "off"):
            return f"Turned {shown(value)} {self.what}."
        return f"Changed {self.what} from {shown(self.state(was))} to {shown(self.state(value))}."


def holds(condition: str, known: Mapping[str, Any]) -> bool:
    """Return whether a path finds something: neither null nor false nor empty."""
    return jmespath.search(f"!({condition})", known) is False


def filled(form: Any, known: Mapping[str, Any]) -> Any:
    """Replace each {path} in a form by what it finds. A {path} that is the whole string keeps its type."""
    if isinstance(form, dict):
        return {name: filled(part, known) for name, part in form.items()}
    if isinstance(form, list):
        return [filled(part, known) for part in form]
    if not isinstance(form, str):
        return form
    if alone := re.fullmatch(r"\{([^{}]+)\}", form):
        return jmespath.search(alone[1], known)
    return re.sub(r"\{([^{}]+)\}", lambda path: text(jmespath.search(path[1], known)), form)


def placed(known: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a copy of the reading with another value at a path."""
    copied = copy.deepcopy(dict(known))
    at: Any = copied
    *way, last = (int(step) if step.isdigit() else step for step in re.findall(r"\w+", path))
    for step in way:
        at = at[step]
    at[last] = value
    return copied


def untouched(call: Declaration, was: Any, value: Any) -> bool:
    """Return whether a call writes only members of the value, and none that changes."""
    names = re.findall(r"\{value\.(\w+)\}", json.dumps(call.get("with", {})))
    return bool(names) and all((was or {}).get(name) == (value or {}).get(name) for name in names)


def text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


def shown(value: Any) -> str:
    """Return a value as text for people."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {shown(member)}" for name, member in value.items())
    if isinstance(value, list):
        return ", ".join(shown(item) for item in value) or "empty"
    return WORDS.get(text(value), text(value))


def upper(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
