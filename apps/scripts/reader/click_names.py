"""The names of click parameters, by click's own rules."""

from __future__ import annotations

from apps.scripts.reader.arguments import flag_of


def split_names(
    decls: list[str],
) -> tuple[str, tuple[str, ...], tuple[str, ...]] | None:
    """Return dest, options and negative options by click's own rule; None if none."""
    dest: str | None = None
    flags: list[str] = []
    no_flags: list[str] = []
    for decl in decls:
        if decl.isidentifier():
            if dest is not None:
                return None
            dest = decl
            continue
        split = ";" if decl[:1] == "/" else "/"
        yes, _, no = decl.partition(split)
        flags += [yes.rstrip()] if yes.rstrip() else []
        no_flags += [no.lstrip()] if no.lstrip() else []
    if dest is None and flags:
        # The first of those with the longest prefix.
        longest = max(flags, key=lambda flag: len(prefix_of(flag)))
        name = longest.removeprefix(prefix_of(longest))
        dest = name.replace("-", "_").lower()
    if not dest or not dest.isidentifier() or not (flags or no_flags):
        return None
    return dest, tuple(flags), tuple(no_flags)


def prefix_of(flag: str) -> str:
    """Return what an option begins with: "--", "-", "/", or nothing."""
    first = flag[:1]
    if first.isalnum():
        return ""
    return flag[:2] if flag[1:2] == first else first


def is_short(flags: tuple[str, ...]) -> bool:
    """Whether the name by which an option is given is of one letter."""
    flag = flag_of(flags) or ""
    return len(flag) - len(prefix_of(flag)) == 1 and len(prefix_of(flag)) == 1


def as_number(text: str) -> int | float | None:
    """Return the number that a text is, None if it is none."""
    for convert in (int, float):
        try:
            return convert(text)
        except ValueError:
            continue
    return None
