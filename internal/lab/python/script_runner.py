"""Run the script of one aws:executeScript step, which may decide but not act.

Standard input is JSON: text, handler, payload. Standard output is JSON: what the
script printed as logs, and its value or its error.

The imports and builtins are narrowed to show an author at once that a script is not
pure. That is a lint, not a sandbox: the process has no credentials to lose.
"""

import builtins
import contextlib
import io
import json
import sys
from typing import Any

FILENAME = "script"
MAX_ITEMS = 100  # SSM cuts a longer list
MAX_BYTES = 100 * 1024  # SSM takes no larger return value

ALLOWED_MODULES = frozenset(
    {
        "__future__",
        "collections",
        "copy",
        "datetime",
        "decimal",
        "fractions",
        "functools",
        "ipaddress",
        "itertools",
        "json",
        "math",
        "operator",
        "re",
        "string",
        "typing",
    }
)
REFUSED_BUILTINS = ("breakpoint", "compile", "eval", "exec", "input", "open")


def restricted_import(
    name: str,
    globals: dict[str, Any] | None = None,
    locals: dict[str, Any] | None = None,
    fromlist: tuple[str, ...] = (),
    level: int = 0,
) -> Any:
    """Stand in for __import__; only what the script itself imports comes by here."""
    if level or name.partition(".")[0] not in ALLOWED_MODULES:
        raise ImportError(
            f"a runbook script decides only; it may not import {'.' * level + name}"
        )
    return __import__(name, globals, locals, fromlist, level)


def refuse(name: str) -> Any:
    """Make the stand-in of a builtin that a pure function has no use for."""

    def refused(*_: Any, **__: Any) -> None:
        raise PermissionError(
            f"a runbook script decides only; it may not call {name}()"
        )

    return refused


def script_builtins() -> dict[str, Any]:
    """Give the builtins that a script sees."""
    names = dict(vars(builtins), __import__=restricted_import)
    return names | {name: refuse(name) for name in REFUSED_BUILTINS}


def run(text: str, handler: str, payload: dict[str, Any]) -> str:
    """Run a script's handler and give the JSON of what it returns."""
    names: dict[str, Any] = {"__name__": FILENAME, "__builtins__": script_builtins()}
    exec(compile(text, FILENAME, "exec", dont_inherit=True), names)
    if not callable(names.get(handler)):
        raise NameError(f"the script defines no function {handler!r}")
    value = names[handler](payload, {})
    if isinstance(value, (list, tuple)):
        value = value[:MAX_ITEMS]
    try:
        encoded = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(f"the script's return value is not JSON: {error}") from None
    if len(encoded) > MAX_BYTES:
        raise ValueError(
            f"the script returned {len(encoded)} bytes of JSON, "
            f"the limit is {MAX_BYTES}"
        )
    return encoded


def describe(error: BaseException, text: str) -> dict[str, str]:
    """Give an error's type, message and the part of its traceback in the script."""
    import linecache
    import traceback

    linecache.cache[FILENAME] = (len(text), None, text.splitlines(True), FILENAME)
    frames = traceback.extract_tb(error.__traceback__)
    lines = traceback.format_list([f for f in frames if f.filename == FILENAME])
    lines += traceback.format_exception_only(type(error), error)
    return {
        "type": type(error).__name__,
        "message": str(error),
        "traceback": "".join(lines),
    }


def main() -> None:
    """Read the step, run it, write the outcome."""
    step = json.load(sys.stdin)
    outcome: dict[str, Any] = {}
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            value = run(step["text"], step["handler"], step["payload"])
        outcome["value"] = json.loads(value)
    except BaseException as error:  # SystemExit too: a script must not end silently
        outcome["error"] = describe(error, step["text"])
    outcome["logs"] = printed.getvalue().splitlines()
    json.dump(outcome, sys.stdout)


if __name__ == "__main__":
    main()
