"""Classes of a script, their instances, and enums."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from apps.scripts.reader.literals import evaluate
from apps.scripts.reader.scopes import (
    Function,
    Holder,
    Known,
    Member,
    Scope,
    Unknown,
    Value,
)
from apps.scripts.reader.sequences import Members
from apps.scripts.reader.trees import FunctionNode

PARSER = "argparse.ArgumentParser"
ACTION = "argparse.Action"
# What a subclass may not redefine if it is to be read as argparse's own.
OVERRIDES = {"__init__", "add_argument", "convert_arg_line_to_args"}
ENUMS = {"enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag", "enum.IntFlag"}
MEMBER_MAKERS = {"_generate_next_value_", "_missing_", "__new__", "__init__"}


@dataclass(eq=False)
class ScriptClass(Holder):
    """A class of the script.

    `is_parser` if it is argparse's own parser but for its looks, `is_action` if it is
    an action that takes its values as any other does.
    """

    node: ast.ClassDef
    scope: Scope
    bases: list[ScriptClass] = field(default_factory=list)
    is_parser: bool = False
    is_action: bool = False
    names: dict[str, object] = field(default_factory=dict)

    def find(self, name: str) -> object | None:
        """Return what the class, or one it derives from, binds a name to."""
        if name in self.names:
            return self.names[name]
        found = (base.find(name) for base in self.bases)
        return next((one for one in found if one is not None), None)

    def member(self, name: str) -> object | None:
        """Return a class's own attribute; a method as the function that it is."""
        return self.find(name)

    def forget(self, name: str) -> None:
        """Take note that what an attribute holds is changed in place."""
        if isinstance(self.find(name), Known):
            self.names[name] = Unknown(name)


@dataclass(eq=False)
class Instance(Holder):
    """An object of a class of the script."""

    cls: ScriptClass
    # What its making depended on.
    conditions: tuple[int, ...] = ()
    names: dict[str, object] = field(default_factory=dict)

    def member(self, name: str) -> object | None:
        """Return an attribute, or a method that knows its instance."""
        if name in self.names:
            return self.names[name]
        found = self.cls.find(name)
        if not isinstance(found, Function):
            return found
        decorators = {ast.unparse(one) for one in found.node.decorator_list}
        if decorators - {"staticmethod", "classmethod"}:
            return None
        return found if "staticmethod" in decorators else BoundMethod(self, found)

    def forget(self, name: str) -> None:
        """Take note that what an attribute holds is changed in place."""
        if isinstance(self.member(name), Known):
            self.names[name] = Unknown(name)


@dataclass(eq=False)
class BoundMethod:
    """A method with the instance that it is called on."""

    instance: Instance
    function: Function


@dataclass(eq=False)
class Above(Holder):
    """What super() gives: an instance as the classes above a method's see it."""

    cls: ScriptClass
    instance: Instance

    def member(self, name: str) -> object | None:
        """Return a method of a class above."""
        found = (base.find(name) for base in self.cls.bases)
        method = next((one for one in found if one is not None), None)
        if isinstance(method, Function):
            return BoundMethod(self.instance, method)
        return None


@dataclass(eq=False)
class EnumClass(Members):
    """An enum of the script whose members are all known."""

    members: dict[str, Member]

    def listed(self) -> list[Known]:
        """Return the members in order."""
        return [Known(member) for member in self.members.values()]

    def member(self, name: str) -> object | None:
        """Return a member, or the mapping of all of them."""
        if name == "__members__":
            return Known(dict(self.members))
        return Known(self.members[name]) if name in self.members else None

    @property
    def values(self) -> list[object]:
        """What the members hold."""
        return [member.value for member in self.members.values()]


def read_class(
    node: ast.ClassDef, scope: Scope, overrides: set[str]
) -> ScriptClass | EnumClass:
    """Return what a class statement defines; `overrides` would make a parser another."""
    paths = [scope.canonical(base) for base in node.bases]
    defined = {part.name for part in node.body if isinstance(part, FunctionNode)}
    if ENUMS & set(paths) and not defined & MEMBER_MAKERS:
        members = _members(node, scope, "enum.StrEnum" in paths)
        if members is not None:
            return EnumClass(members)
    named = [scope.lookup(b.id) for b in node.bases if isinstance(b, ast.Name)]
    bases = [base for base in named if isinstance(base, ScriptClass)]
    return ScriptClass(
        node,
        scope,
        bases,
        is_parser=(PARSER in paths or any(base.is_parser for base in bases))
        and not defined & overrides,
        is_action=(ACTION in paths or any(base.is_action for base in bases))
        and "__init__" not in defined,
        names=_attributes(node, scope),
    )


def _attributes(node: ast.ClassDef, scope: Scope) -> dict[str, object]:
    inner = Scope(scope, scope.conditions)
    for part in node.body:
        if isinstance(part, FunctionNode):
            inner.names[part.name] = Function(part, scope)
        elif isinstance(part, ast.Assign | ast.AnnAssign) and part.value is not None:
            value = evaluate(part.value, inner)
            targets = part.targets if isinstance(part, ast.Assign) else [part.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    inner.names[target.id] = value
    return inner.names


def _members(
    node: ast.ClassDef, scope: Scope, is_text: bool
) -> dict[str, Member] | None:
    members: dict[str, Member] = {}
    last: object = 0
    inner = Scope(scope, scope.conditions)
    for part in node.body:
        if not isinstance(part, ast.Assign) or len(part.targets) != 1:
            continue
        target = part.targets[0]
        if not isinstance(target, ast.Name) or target.id.startswith("_"):
            continue
        value = _member_value(part.value, inner, target.id, last, is_text)
        if not isinstance(value, Known):
            return None
        inner.names[target.id] = value
        last = value.value
        # Another name for the same value is no member of its own.
        if last not in [member.value for member in members.values()]:
            members[target.id] = Member(target.id, last)
    return members


def _member_value(
    node: ast.expr, scope: Scope, name: str, last: object, is_text: bool
) -> Value | None:
    if isinstance(node, ast.Call) and scope.canonical(node.func) == "enum.auto":
        if is_text:
            return Known(name.lower())
        return Known(last + 1) if isinstance(last, int) else None
    return evaluate(node, scope)
