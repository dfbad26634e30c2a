"""Check the settings of controls against AWS's models, as far as paths, calls, parameters and types go.

Standard input has, for each control, its file's text, its setting and its parameters. Standard
output gets what is wrong, with the line.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import botocore.session
import jmespath
import yaml
from botocore.exceptions import UnknownServiceError
from botocore.model import ListShape, MapShape, OperationModel, OperationNotFoundError, Shape, StructureShape

Type = Any  # a shape of botocore, a List, the name of a kind, or None when nothing is known
At = tuple[str | int, ...]  # where something is in a file
Problem = tuple[At, str]

PLAIN = re.compile(r"\w+(\.\w+|\[\d+\])*")
REFERENCE = re.compile(r"\{([^{}]+)\}")
KINDS = {"long": "integer", "double": "float", "map": "structure", "blob": "string", "timestamp": "string", "character": "string"}
LITERALS = {bool: "boolean", int: "integer", float: "float", str: "string", list: "list", dict: "structure"}
OWN = ("account", "region", "partition", "value", "was", "added", "removed", "changed")  # names of the engine
NOTHING = StructureShape("Nothing", {"type": "structure", "members": {}})

session = botocore.session.Session()


class List(NamedTuple):
    """A list that a path makes."""

    member: Type


class UnknownName(Exception):
    """A path uses a name that what it is about does not have."""


def kind(of: Type) -> str | None:
    if isinstance(of, Shape):
        return KINDS.get(of.type_name, str(of.type_name))
    return "list" if isinstance(of, List) else of if isinstance(of, str) else None


def member(of: Type) -> Type:
    if kind(of) not in ("list", None):
        raise UnknownName(f"it is a {kind(of)}, and not a list")
    return of.member if isinstance(of, ListShape | List) else None


def field(of: Type, name: str) -> Type:
    """Return the type of a member of a structure, or of a name that is known at the top."""
    if isinstance(of, dict):
        if name not in of:
            raise UnknownName(f"there is no {name}; known are {', '.join(sorted(of))}")
        return of[name]
    if isinstance(of, StructureShape):
        if name not in of.members:
            raise UnknownName(f"there is no {name} in {of.name}")
        return of.members[name]
    if isinstance(of, MapShape):
        return of.value
    if of is not None:
        raise UnknownName(f"a {kind(of)} has no {name}")
    return None


def typed(node: Any, of: Type, top: dict[str, Type]) -> Type:
    """Find the type of what a path finds in something of a type."""
    children, what = node["children"], node["type"]
    if what == "field":
        return field(of, node["value"])
    if what in ("projection", "filter_projection"):
        item = member(typed(children[0], of, top))
        for condition in children[2:]:
            typed(condition, item, top)
        return List(typed(children[1], item, top))
    if what in ("subexpression", "index_expression", "pipe"):
        return chained(children, of, top)
    if what in ("index", "slice", "flatten", "identity", "current"):
        inner = typed(children[0], of, top) if children else of
        return member(inner) if what == "index" else List(None) if what == "flatten" else inner
    if what == "literal":
        return LITERALS.get(type(node["value"]))
    return combined(what, [typed(child, of, top) for child in children if what not in ("value_projection", "expref")])


def chained(children: list[Any], of: Type, top: dict[str, Type]) -> Type:
    if children[0]["type"] == "not_expression" and children[1]["type"] == "field":
        raise UnknownName("! takes the first name only; write !(A.B)")
    for child in children:
        of = typed(child, of, top)
    return of


def combined(what: str, parts: list[Type]) -> Type:
    if what == "or_expression":
        return next((part for part in parts if part is not None), None)
    return "boolean" if what in ("not_expression", "comparator") else None


def path(text: str, top: dict[str, Type]) -> Type:
    return typed(jmespath.compile(text).parsed, top, top)


class Setting:
    """One setting, and what is known after its reads."""

    def __init__(self, declared: dict[str, Any], parameters: list[str]) -> None:
        self.declared = declared
        self.known: dict[str, Type] = dict.fromkeys((*parameters, "account", "region", "partition"), "string")

    def problems(self) -> Iterator[Problem]:
        declared = self.declared
        for i, call in enumerate(declared["read"]):
            yield from self.call(("read", i), call)
            yield from self.answer(("read", i), call)
        value = None
        try:
            value = path(declared["value"], self.known)
        except (UnknownName, jmespath.exceptions.JMESPathError) as error:
            yield ("value",), str(error)
        if "pending" in declared:
            yield from self.path(("pending",), declared["pending"], value)
        yield from self.goal(value)
        for name in ("skip", "refuse"):
            for i, reason in enumerate(declared.get(name, ())):
                yield from self.path((name, i, "when"), reason["when"])
                yield from self.references((name, i, "say"), reason["say"])
        if "ready" in declared:
            yield from self.path(("ready",), declared["ready"])
        yield from self.writes(value)

    def answer(self, at: At, call: dict[str, Any]) -> Iterator[Problem]:
        """Record the answer of a read, and report what it cannot contain."""
        operation = model(call["call"])
        if operation is None:
            return
        answers = getattr(operation.output_shape, "members", {})
        yield from ((at, f"its answer has {name}, which is known already") for name in answers if name in {*self.known, *OWN})
        self.known |= answers
        codes = {error.metadata.get("error", {}).get("code", error.name) for error in operation.error_shapes}
        wrong = set(call.get("absent", ())) - codes if codes else set[str]()
        yield from (((*at, "absent"), f"{call['call']} is not known to answer {code}") for code in sorted(wrong))

    def writes(self, value: Type) -> Iterator[Problem]:
        known = dict(self.known)
        self.known |= {"value": value, "was": value}
        if kind(value) == "list":
            self.known |= {"added": value, "removed": value}
        if PLAIN.fullmatch(self.declared["value"]):
            self.known["changed"] = known
        for name in ("write", "undo"):
            for i, call in enumerate(self.declared.get(name, ())):
                yield from self.call((name, i), call)
                if "when" in call:
                    yield from self.path((name, i, "when"), call["when"])

    def goal(self, value: Type) -> Iterator[Problem]:
        """Say how what is wanted does not fit the value."""
        for name, fitting in {"atLeast": ("integer", "float"), "atMost": ("integer", "float"), "add": ("list",), "remove": ("list",)}.items():
            if name in self.declared and kind(value) not in (*fitting, None):
                yield (name,), f"the value is a {kind(value)}"
            elif name in self.declared and "list" in fitting:
                yield from self.misfits((name,), self.declared[name], value)
        want = self.declared.get("want")
        if not isinstance(want, dict):
            yield from self.wanted(("want",), want, value)
        elif kind(value) not in ("structure", None):
            yield ("want",), f"the value is a {kind(value)}"
        for name, part in want.items() if isinstance(want, dict) else ():
            yield from self.inside(self.wanted, ("want", name), part, value)

    def wanted(self, at: At, want: Any, value: Type) -> Iterator[Problem]:
        if sensitive(value):
            yield at, "it is a secret, and a repair keeps what it found"
        if want is not None:
            yield from self.misfits(at, want, value)

    def call(self, at: At, call: dict[str, Any]) -> Iterator[Problem]:
        operation = model(call["call"])
        if operation is None:
            yield (*at, "call"), f"AWS has no call {call['call']}; the names are botocore's"
            return
        shape = operation.input_shape if isinstance(operation.input_shape, StructureShape) else NOTHING
        yield from self.misfits((*at, "with"), call.get("with", {}), shape)

    def misfits(self, at: At, form: Any, of: Type) -> Iterator[Problem]:
        """Say how a form does not fit a type."""
        if isinstance(form, str):
            yield from self.text(at, form, of)
        elif kind(of) not in (LITERALS.get(type(form)), None):
            yield at, f"it is a {kind(of)}, and not a {LITERALS.get(type(form))}"
        elif isinstance(form, list):
            for i, part in enumerate(form):
                yield from self.misfits((*at, i), part, member(of))
        elif isinstance(form, dict):
            required = of.required_members if isinstance(of, StructureShape) else ()
            yield from ((at, f"{name} is missing") for name in required if name not in form)
            for name, part in form.items():
                yield from self.inside(self.misfits, (*at, name), part, of)

    def inside(self, check: Callable[[At, Any, Type], Iterator[Problem]], at: At, form: Any, of: Type) -> Iterator[Problem]:
        """Check a member of a structure, which may not have it."""
        try:
            inner = field(of, str(at[-1]))
        except UnknownName as error:
            yield at, str(error)
            return
        yield from check(at, form, inner)

    def text(self, at: At, form: str, of: Type) -> Iterator[Problem]:
        if alone := REFERENCE.fullmatch(form):
            yield from self.path(at, alone[1], of)
            return
        yield from self.references(at, form)
        if kind(of) not in ("string", None):
            yield at, f"it is a {kind(of)}, and not a string"
        enum = getattr(of, "enum", [])
        if enum and form not in enum and "{" not in form:
            yield at, f"{form} is none of {', '.join(enum)}"

    def references(self, at: At, form: str) -> Iterator[Problem]:
        for reference in REFERENCE.findall(form):
            yield from self.path(at, reference)

    def path(self, at: At, text: str, of: Type = None) -> Iterator[Problem]:
        try:
            found = path(text, self.known)
        except (UnknownName, jmespath.exceptions.JMESPathError) as error:
            yield at, f"{text}: {error}"
            return
        if kind(found) != kind(of) and None not in (kind(found), kind(of)) and not isinstance(found, dict):
            yield at, f"{text} is a {kind(found)}, and this a {kind(of)}"
        if at[-1] == "say" and sensitive(found):
            yield at, f"{text} is a secret"


def sensitive(of: Type) -> bool:
    return isinstance(of, Shape) and bool(of.metadata.get("sensitive"))


def model(call: str) -> OperationModel | None:
    service, _, api = call.partition(":")
    try:
        return session.get_service_model(service).operation_model(api)
    except (UnknownServiceError, OperationNotFoundError):
        return None


def line(text: str, at: At) -> int:
    """Return where something is, or what it is a part of."""
    node = yaml.compose(text, Loader=yaml.CSafeLoader)
    number = int(node.start_mark.line)
    for step in at:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
        elif isinstance(node, yaml.MappingNode) and not isinstance(step, int):
            node = next((value for key, value in node.value if key.value == step), None)
        if node is None:
            break
        number = int(node.start_mark.line)
    return number + 1


def main() -> None:
    problems = []
    for name, control in sorted(json.load(sys.stdin).items()):
        found = [(("setting", *at), text) for at, text in Setting(control["setting"], control["parameters"] or []).problems()]
        for at, text in found:
            where = ".".join(str(step) for step in at)
            problems.append({"control": name, "line": line(control["text"], at), "text": f"{where}: {text}"})
    json.dump(problems, sys.stdout)


if __name__ == "__main__":
    main()
