"""Derive from programs which calls they can make, and refuse what would make that list incomplete.

Standard input has the runtime's text and those of the programs, by name. Standard output gets the calls and parameters
of each function, and what is wrong.
"""

import ast
import builtins
import importlib
import json
import re
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import botocore.session
from botocore.exceptions import UnknownServiceError
from botocore.model import ListShape, MapShape, OperationModel, OperationNotFoundError, Shape, StructureShape

RUNTIME = "hubmend_runtime"
PUBLIC = frozenset(("Aws", "Outcome", "Refused", "State", "Unverified", "items_of", "unchanged"))  # what a program may take from the runtime
MODULES = frozenset(("collections", "copy", "datetime", "functools", "ipaddress", "itertools", "json", "math", "re"))
NAMES = {RUNTIME: PUBLIC, "typing": frozenset(("Any", "Literal")), "collections.abc": None, "urllib.parse": None} | dict.fromkeys(MODULES)
# Each leads around the calls that this file can see.
BANNED = frozenset(
    ("__import__", "breakpoint", "compile", "delattr", "dir", "eval", "exec", "exit", "getattr", "globals", "help", "input")
) | frozenset(("locals", "memoryview", "open", "quit", "setattr", "type", "vars"))
BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_")) - BANNED
# Systems Manager may put a value in place of what looks like a reference, and nothing escapes one.
REFERENCE = re.compile(r"\{\{\s*[A-Za-z_][\w.:-]*\s*\}\}")
TYPES = {"str": "String", "list[str]": "StringList", "int": "Integer", "bool": "Boolean"}
ASKED = ("account", "execution", "partition", "region", "repair", "until")  # what a program may ask of aws
OWN = frozenset(("absent", "region", "retry"))  # what the runtime takes beside a call's parameters
FIRST = {"repair": ("aws",), "undo": ("aws", "before", "after")}

NOTHING = StructureShape("Nothing", {"type": "structure", "members": {}})
session = botocore.session.Session()


class Program:
    """One program, its problems, and what follows from it."""

    def __init__(self, text: str) -> None:
        self.problems: list[dict[str, Any]] = []
        self.tree = ast.Module([], [])
        try:
            self.tree = ast.parse(text)
        except SyntaxError as error:
            self.problems.append({"line": error.lineno or 0, "text": f"it is not Python: {error.msg}"})
        for number, line in enumerate(text.splitlines(), 1):
            if REFERENCE.search(line):
                self.problems.append({"line": number, "text": "it has what Systems Manager takes for a reference"})
        self.functions = {node.name: node for node in self.tree.body if isinstance(node, ast.FunctionDef)}
        self.modules = {alias.name for node in ast.walk(self.tree) if isinstance(node, ast.Import) for alias in node.names} & MODULES
        # What a name of the module stands for, so that a call is found in a table of functions too.
        self.defined: dict[str, ast.AST] = dict(self.functions)
        for statement in self.tree.body:
            if isinstance(statement, ast.Assign | ast.AnnAssign):
                self.defined |= {node.id: statement for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}

    def add(self, node: ast.AST, text: str) -> None:
        self.problems.append({"line": getattr(node, "lineno", 0), "text": text})

    def calls(self, function: str) -> dict[str, list[str]]:
        """Return the calls of a function and of all that it may use, each with its parameters."""
        found: dict[str, set[str]] = {}
        for name in self.reached(function):
            for node in ast.walk(self.defined[name]):
                if call := aws_call(node):
                    found.setdefault(call[0], set()).update(call[1])
        return {call: sorted(found[call]) for call in sorted(found)}

    def reached(self, function: str) -> set[str]:
        reached, ahead = set[str](), [function] if function in self.functions else []
        while ahead:
            name = ahead.pop()
            if name not in reached:
                reached.add(name)
                at = self.defined[name]
                names = {node.id for node in ast.walk(at) if isinstance(node, ast.Name)}
                own = {arg.arg for arg in at.args.args} if isinstance(at, ast.FunctionDef) else set[str]()
                ahead += sorted(names & self.defined.keys() - own)
        return reached

    def check(self, taken: set[str]) -> None:
        """Refuse what would hide a call, what AWS does not know, and names that the runtime has."""
        for node in ast.walk(self.tree):
            self.check_node(node)
        for name, node in bindings(self.tree):
            if name in taken:
                self.add(node, f"{name} is a name of the runtime")
        bound = {name for name, _ in bindings(ast.walk(self.tree))} | {name for name, _ in imported(self.tree)}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name) and node.id not in bound | BUILTINS:
                self.add(node, f"{node.id} is not allowed here" if hasattr(builtins, node.id) else f"{node.id} is not defined or imported here")
        for name in FIRST:
            self.check_signature(name)

    def check_node(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name not in MODULES or alias.asname:
                    self.add(node, f"import {alias.name}: a program may import only {', '.join(sorted(MODULES))}, under their names")
        elif isinstance(node, ast.ImportFrom):
            self.check_import(node)
        elif isinstance(node, ast.Attribute) and (node.attr.startswith("_") or self.is_module(node)):
            self.add(node, f"{node.attr}: a program uses no module through another, and nothing that begins with _")
        elif isinstance(node, ast.Global | ast.Nonlocal | ast.AsyncFunctionDef | ast.ClassDef):
            self.add(node, f"{type(node).__name__}: a program has functions only")
        elif isinstance(node, ast.Call | ast.Attribute | ast.keyword | ast.Starred | ast.Name | ast.arg):
            self.check_aws(node)
        for child in ast.iter_child_nodes(node):
            child.parent = node  # type: ignore[attr-defined]

    def is_module(self, node: ast.Attribute) -> bool:
        """Say whether it is a module inside a module, as in json.codecs. A class may have the name of its module."""
        name = node.value.id if isinstance(node.value, ast.Name) else ""
        return name in self.modules and node.attr not in public(name)

    def check_import(self, node: ast.ImportFrom) -> None:
        module, names = node.module or ".", {alias.name for alias in node.names}
        if node.level or module not in NAMES:
            self.add(node, f"import {module}: a program may import from {', '.join(sorted(NAMES))} only")
            return
        allowed = NAMES[module]
        if any(alias.asname for alias in node.names) or not names <= (allowed or public(module)):
            self.add(
                node,
                f"import {module}: a program may import only {', '.join(sorted(allowed or ['its functions and classes']))}, one by one, as they are",
            )

    def check_aws(self, node: ast.AST) -> None:
        """Allow aws to be called with a literal, asked for what it knows, and handed to a function of the program as its aws."""
        if isinstance(node, ast.arg) and (node.arg == "aws") != (node.annotation is not None and ast.unparse(node.annotation) == "Aws"):
            self.add(node, "a parameter is aws: Aws, or neither")
        if isinstance(node, ast.Call) and is_aws(node.func):
            self.check_call(node)
        if not is_aws(node):
            return
        parent = getattr(node, "parent", None)
        called = isinstance(parent, ast.Call) and parent.func is node
        looks = isinstance(parent, ast.Attribute) and parent.attr in ASKED
        handed = isinstance(parent, ast.Call) and node in parent.args and isinstance(parent.func, ast.Name) and self.takes_aws(parent, node)
        if not (called or looks or handed):
            self.add(node, f"aws may be called, handed to a function of this program as its aws, or asked for {', '.join(ASKED)}; nothing else")

    def takes_aws(self, call: ast.Call, node: ast.AST) -> bool:
        function = self.functions.get(call.func.id) if isinstance(call.func, ast.Name) else None
        at = call.args.index(node)  # type: ignore[arg-type]
        return function is not None and at < len(function.args.args) and function.args.args[at].arg == "aws"

    def check_call(self, node: ast.Call) -> None:
        call = aws_call(node)
        if call is None:
            self.add(node, 'a call is aws("service:Api", Name=value, ...), with the names written out')
            return
        service, _, api = call[0].partition(":")
        try:
            operation: OperationModel = session.get_service_model(service).operation_model(api)
        except (UnknownServiceError, OperationNotFoundError):
            self.add(node, f"AWS has no call {call[0]}; the names are botocore's")
            return
        given = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg and keyword.arg not in OWN}
        shape = operation.input_shape if isinstance(operation.input_shape, StructureShape) else NOTHING
        for problem in misfits(given, shape):
            self.add(node, f"{call[0]}: {problem}")

    def check_signature(self, name: str) -> None:
        function = self.functions.get(name)
        if function is None:
            if name == "repair":
                self.add(self.tree, "there is no function repair")
            return
        first, plain = FIRST[name], function.args
        wrong = plain.vararg or plain.kwarg or plain.kwonlyargs or plain.posonlyargs or plain.defaults or function.decorator_list
        if wrong or tuple(arg.arg for arg in plain.args[: len(first)]) != first or not function.returns or ast.unparse(function.returns) != "Outcome":
            self.add(function, f"{name} is def {name}({', '.join(first)}, <the document's parameters>) -> Outcome")
        for parameter, kind in self.parameters(name).items():
            if not kind:
                self.add(function, f"parameter {parameter} is one of {', '.join(TYPES)}")

    def parameters(self, name: str) -> dict[str, str]:
        """Return the document's parameters that a function takes, with Systems Manager's types."""
        args = self.functions[name].args.args[len(FIRST[name]) :] if name in self.functions else []
        return {arg.arg: TYPES.get(ast.unparse(arg.annotation) if arg.annotation else "", "") for arg in args}


def is_aws(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "aws"


def public(module: str) -> set[str]:
    """Return the names that a module defines besides its imports."""
    of = importlib.import_module(module)
    return {name for name in dir(of) if not name.startswith("_") and not isinstance(getattr(of, name), ModuleType)}


def aws_call(node: ast.AST) -> tuple[str, set[str]] | None:
    """Return a call and the names of its parameters; None for anything else, and for a call whose names are not literals.

    An empty text is how a call takes something away, so its parameter names nothing that takes a permission.
    """
    if not (isinstance(node, ast.Call) and is_aws(node.func) and len(node.args) == 1):
        return None
    name, given = node.args[0], {keyword.arg: keyword.value for keyword in node.keywords}
    if not (isinstance(name, ast.Constant) and isinstance(name.value, str)) or None in given:
        return None
    return name.value, {name for name, value in given.items() if name and name not in OWN and not is_empty(value)}


def is_empty(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value == ""


def misfits(given: dict[str, ast.expr], shape: StructureShape) -> Iterator[str]:
    """Say which names a structure has too many or too few, down to where the source has literals."""
    for name in sorted(given.keys() - shape.members.keys()):
        yield f"there is no {name}"
    for name in sorted(set(shape.required_members) - given.keys()):
        yield f"{name} is missing"
    for name in sorted(given.keys() & shape.members.keys()):
        yield from (f"{name}: {problem}" for problem in misfit(given[name], shape.members[name]))


def misfit(value: ast.expr, shape: Shape) -> Iterator[str]:
    if isinstance(value, ast.Dict) and isinstance(shape, StructureShape):
        pairs = zip(value.keys, value.values, strict=True)
        keys = {key.value: item for key, item in pairs if isinstance(key, ast.Constant) and isinstance(key.value, str)}
        if len(keys) == len(value.keys):
            yield from misfits(keys, shape)
    elif isinstance(value, ast.List) and isinstance(shape, ListShape):
        for item in value.elts:
            yield from misfit(item, shape.member)
    elif isinstance(value, ast.Dict | ast.List) and not isinstance(shape, MapShape):
        yield f"it is a {shape.type_name}"
    elif isinstance(value, ast.Constant):
        kinds = {"string": str, "integer": int, "long": int, "double": float, "boolean": bool}
        if shape.type_name not in kinds or type(value.value) is not kinds[shape.type_name]:
            yield f"it is a {shape.type_name}"


def bindings(nodes: ast.Module | Iterator[ast.AST]) -> Iterator[tuple[str, ast.AST]]:
    """Give the names that statements bind: those of a module itself, or all of those walked over."""
    for node in nodes.body if isinstance(nodes, ast.Module) else nodes:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((each.id, each) for target in targets for each in ast.walk(target) if isinstance(each, ast.Name))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node
        elif isinstance(node, ast.arg):
            yield node.arg, node
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name, node


def imported(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((alias.asname or alias.name.partition(".")[0], node) for alias in node.names)


def names(runtime: Program) -> set[str]:
    """Return the names of the runtime that programs must not redefine."""
    own = {name for name, _ in bindings(runtime.tree)} | {name for name, _ in imported(runtime.tree)} - MODULES
    return own | {"CALLS", "handler"}  # which the document adds


def main() -> None:
    request = json.load(sys.stdin)
    runtime = Program(request["runtime"])
    taken = names(runtime)
    programs, problems = {}, [{"program": RUNTIME, **problem} for problem in runtime.problems]
    for name, text in sorted(request["programs"].items()):
        program = Program(text)
        program.check(taken)
        problems += [{"program": name, **problem} for problem in sorted(program.problems, key=lambda problem: int(problem["line"]))]
        programs[name] = {"repair": {"parameters": program.parameters("repair"), "calls": program.calls("repair")}}
        if "undo" in program.functions:
            # The runtime reads the repair for it.
            calls = {**program.calls("undo"), **runtime.calls("_undone")}
            programs[name]["undo"] = {"parameters": program.parameters("undo"), "calls": dict(sorted(calls.items()))}
    json.dump({"programs": programs, "problems": problems}, sys.stdout)


if __name__ == "__main__":
    main()
