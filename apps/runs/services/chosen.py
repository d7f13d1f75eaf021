"""Lists of choices that scripts have printed: reading them, and checking against them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.utils.translation import gettext as _

from apps.core.errors import HubError, InvalidInput, NotFound
from apps.runs import logs, sentences
from apps.runs.models import ChoiceList, Run, RunStatus, Stream
from apps.runs.rows import row_of
from apps.runs.services.moment import database_now
from apps.scripts import services as scripts
from apps.scripts.choosing import (
    MAX_BYTES,
    MAX_LINES,
    Choice,
    NoChoices,
    choices_of,
    not_chosen,
    read_lines,
)
from apps.scripts.inputs import choice_fields, resolved
from apps.scripts.models import Script
from apps.scripts.problems import MESSAGES, show, show_all

# For how long a value is checked against a list that nobody asked for anew, if it is
# not to be kept for longer: whoever fills in a form may take a while.
GOOD_FOR_S = 3600
LOG_ROWS = 50


class Waiting(Exception):
    """Other parameters have to be given first; `names` are theirs."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(names)
        self.names = names


class ListingFailed(HubError):
    """There is no list to be had, and the message says why."""

    code = "no_choices"


@dataclass(frozen=True)
class Asked:
    """What is asked for: the list of `lister`, run with `parameters`, for a parameter
    whose property in its own script's schema is `about`."""

    name: str
    about: Mapping[str, Any]
    lister: Script
    parameters: Mapping[str, Any]

    @classmethod
    def of(
        cls,
        *,
        script: Script,
        name: str,
        values: Mapping[str, Any],
        user: User | AnonymousUser | None,
    ) -> Asked:
        """Raises HubError where `user` cannot have the list, or Waiting."""
        fields = script.parameters_schema.get("properties", {})
        about = choice_fields(script.parameters_schema).get(name)
        if about is None:
            raise InvalidInput(
                _("%(name)s is no parameter whose choices another script lists.")
                % {"name": ascii(name[:100])}
            )
        source = about["x-hub"]["choices_from"]
        lister = _lister(source["script"], user)
        defaults = {n: f["default"] for n, f in fields.items() if "default" in f}
        parameters, missing = resolved(source["parameters"], {**defaults, **values})
        if missing:
            raise Waiting(missing)
        scripts.check_parameters(script=lister, parameters=parameters, user=user)
        return cls(name, about, lister, parameters)

    @property
    def source(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.about["x-hub"]["choices_from"]
        return found

    @property
    def key(self) -> str:
        asked = [self.lister.name, self.lister.sha256, dict(self.parameters)]
        text = json.dumps(asked, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def is_fresh(self, known: ChoiceList, now: datetime, within_s: float) -> bool:
        """Whether the list was made at most so many seconds ago."""
        made = known.listed_at
        return made is not None and now - made < timedelta(seconds=within_s)

    def choices(self, known: ChoiceList) -> list[Choice]:
        """Return the list as the parameter takes it; raises ListingFailed."""
        try:
            return choices_of(self.about, known.choices or [])
        except NoChoices as exc:
            raise unusable(self.lister, exc) from exc


def _lister(name: str, user: User | AnonymousUser | None) -> Script:
    """Return the script that lists, read anew, if `user` may run it."""
    if user is None:
        script = Script.objects.filter(name=name).first()
        if script is None:
            raise NotFound(_("There is no script %(name)s.") % {"name": name})
    else:
        script = scripts.find_script(name=name, user=user)
    scripts.refresh_script(script=script)
    scripts.check_runnable(script=script)
    return script


def unusable(lister: Script, exc: NoChoices) -> ListingFailed:
    """Return the error for a list that cannot be used."""
    if exc.problem is not None:
        return ListingFailed(
            _("%(script)s lists a value that cannot be given here: it %(problem)s")
            % {
                "script": lister.name,
                "problem": _(MESSAGES[exc.problem.code]) % exc.problem.params,
            }
        )
    return ListingFailed(
        _(
            "%(script)s lists too much: at most %(lines)d lines and %(size)d KiB are "
            "taken."
        )
        % {"script": lister.name, "lines": MAX_LINES, "size": MAX_BYTES // 1024}
    )


class Look(NamedTuple):
    """What is known of a list, and the run that was asked for it and has not listed
    anything: it goes on, or has ended with a `problem`."""

    known: ChoiceList | None
    run: Run | None = None
    problem: ListingFailed | None = None


def look(asked: Asked) -> Look:
    """Return what there is; the list of a run that has ended since is read here."""
    known = ChoiceList.objects.filter(key=asked.key).first()
    if known is None or known.run_id is None:
        return Look(known)
    run = Run.objects.select_related("script", "task").filter(pk=known.run_id).first()
    if run is None or run.is_active:
        return Look(known, run)
    if run.status != RunStatus.COMPLETED:
        return Look(known, run, _failure(asked, run))
    try:
        known.choices = read_lines(_output(run))
    except NoChoices as exc:
        return Look(known, run, unusable(asked.lister, exc))
    known.listed_at, known.run_id = run.finished_at, None
    # Not over what a later run has listed meanwhile.
    ChoiceList.objects.filter(pk=known.pk, run_id=run.pk).update(
        choices=known.choices, listed_at=known.listed_at, run_id=None
    )
    return Look(known)


def _failure(asked: Asked, run: Run) -> ListingFailed:
    about = {
        "script": asked.lister.name,
        "message": sentences.message(row_of(run)),
        "id": run.pk,
    }
    return ListingFailed(
        _("%(script)s listed no choices: %(message)s Its log tells more (run %(id)s).")
        % about
    )


def _output(run: Run) -> str:
    """Return what a run printed; raises NoChoices for too much of it."""
    if run.log_bytes > settings.LOG_LIMIT_BYTES:
        # Its middle was cut out.
        raise NoChoices
    texts: list[str] = []
    size, seq = 0, 0
    while chunks := logs.read_after(run.pk, seq, LOG_ROWS):
        for chunk in chunks:
            if chunk["stream"] != Stream.STDOUT:
                continue
            texts.append(chunk["text"])
            size += len(chunk["text"].encode())
            if size > MAX_BYTES:
                raise NoChoices
        seq = chunks[-1]["seq"]
    return "".join(texts)


def check_choices(
    *,
    script: Script,
    values: Mapping[str, Any],
    user: User | AnonymousUser | None,
    accepted: Iterable[Mapping[str, Any]],
) -> dict[str, str]:
    """Return a sentence for each value that is not among its choices.

    Nothing is run for it: a value is checked against the last list, which whoever
    gives it has just seen. What `accepted` gives too, from the same list, was checked
    before.
    """
    problems = {}
    for name, about in choice_fields(script.parameters_schema).items():
        source = about["x-hub"]["choices_from"]
        if name not in values or not source["strict"]:
            continue
        if any(_is_same(source, name, values, other) for other in accepted):
            continue
        if problem := _problem(script, name, values, user):
            problems[name] = problem
    return problems


def _is_same(
    source: Mapping[str, Any],
    name: str,
    values: Mapping[str, Any],
    other: Mapping[str, Any],
) -> bool:
    passed = source["parameters"]
    is_given = name in other and other[name] == values[name]
    return is_given and resolved(passed, values) == resolved(passed, other)


def _problem(
    script: Script,
    name: str,
    values: Mapping[str, Any],
    user: User | AnonymousUser | None,
) -> str:
    try:
        asked = Asked.of(script=script, name=name, values=values, user=user)
        known = look(asked).known
        good_s = max(asked.source["cache_s"], GOOD_FOR_S)
        if known is None or not asked.is_fresh(known, database_now(), good_s):
            return _(
                "cannot be checked, since nobody has asked for its choices lately; ask "
                "for them first: POST /scripts/%(script)s/choices."
            ) % {"script": script.name}
        choices = asked.choices(known)
    except Waiting as exc:
        return waiting_sentence(exc.names)
    except HubError as exc:
        return _("cannot be checked: %(problem)s") % {"problem": exc.message}
    wrong = not_chosen(choices, values[name])
    if not wrong:
        return ""
    return _(
        "must be one of what %(lister)s lists: %(choices)s; got %(value)s. If it is "
        "new, ask for the choices again."
    ) % {
        "lister": asked.lister.name,
        "choices": show_all(choice.value for choice in choices),
        "value": show(wrong[0]),
    }


def waiting_sentence(names: list[str]) -> str:
    """Return what to do for a list that depends on parameters that are not given."""
    return _("has choices that depend on %(names)s; give that first.") % {
        "names": ", ".join(names)
    }
