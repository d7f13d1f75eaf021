"""What can be wrong with a schedule's timing."""

from __future__ import annotations


class TimingError(ValueError):
    """Something about when a schedule fires cannot be used.

    `code` is stable and says what is wrong, `facts` are what a sentence about it needs;
    `apps.tasks.sentences.explain` makes that sentence. `field` is the name under which
    the API takes the wrong value: cron, every_s, at, timezone, start, end or jitter_s.
    """

    def __init__(self, code: str, *, field: str, **facts: object) -> None:
        named = ", ".join(f"{name}={value!r}" for name, value in facts.items())
        super().__init__(f"{code} ({named})" if named else code)
        self.code = code
        self.field = field
        self.facts = facts
