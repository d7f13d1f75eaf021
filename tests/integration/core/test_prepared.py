"""Prepared queries: the same answers as the queryset's, without making SQL again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import CharField, DateTimeField, F
from django.db.models.functions import Now
from django.db.models.signals import post_save, pre_save
from django.utils import timezone

from apps.core.prepared import (
    Param,
    Prepared,
    PreparedCreate,
    PreparedInsert,
    PreparedUpdate,
    PreparedValues,
    Spliced,
)
from apps.runs.models import LogChunk, Run, Trigger
from apps.scripts.models import Script

pytestmark = pytest.mark.django_db


def runs_by_name() -> Prepared[Run]:
    return Prepared(
        lambda: (
            Run.objects.select_related("script", "requested_by")
            .filter(script_name=Param("name", CharField()))
            .order_by("-id")
        )
    )


def test_it_finds_what_the_queryset_finds(make_run):
    query = runs_by_name()
    made = [make_run(script_name=name) for name in ("a", "b", "a")]

    assert query.fetch(name="a") == [made[2], made[0]]
    assert query.fetch(name="b") == [made[1]]
    assert query.first(name="c") is None


def test_every_value_is_as_django_reads_it(make_run):
    run = make_run(status="failed", parameters={"a": [1, "二"]}, cpu_s=0.5)
    run.refresh_from_db()

    found = runs_by_name().first(name=run.script_name)

    for field in Run._meta.concrete_fields:
        read = getattr(found, field.attname)
        assert read == getattr(run, field.attname), field.name
    assert found._state.adding is False


def test_what_it_joins_needs_no_further_query(
    make_run, make_user, django_assert_num_queries
):
    make_run(script_name="a", requested_by=make_user("ann"))
    make_run(script_name="a")
    query = runs_by_name()

    with django_assert_num_queries(1):
        nobodys, anns = query.fetch(name="a")
        assert nobodys.requested_by is None
        assert (anns.requested_by.username, anns.script.name) == ("ann", "hello.py")


def test_a_value_is_written_as_its_field_writes_it(make_user):
    user = make_user("ann", last_login=timezone.now())
    query = Prepared(
        lambda: User.objects.filter(last_login__gt=Param("since", DateTimeField()))
    )

    assert query.fetch(since=user.last_login - timedelta(seconds=1)) == [user]
    assert query.fetch(since=user.last_login) == []


def test_the_queryset_is_made_once(hello):
    made = []

    def make():
        made.append(1)
        return Script.objects.filter(name=Param("name", CharField()))

    query = Prepared(make)

    assert [query.first(name="hello.py") for _ in range(3)] == [hello] * 3
    assert made == [1]


def test_a_value_that_is_not_given_is_an_error():
    with pytest.raises(KeyError, match="name"):
        runs_by_name().fetch()


# -- Rows instead of objects -----------------------------------------------------
def test_rows_are_those_of_values(make_run):
    made = [make_run(status=status) for status in ("failed", "queued")]
    query = PreparedValues(
        lambda: Run.objects.filter(
            status=Param("status", CharField()), pk__in=Spliced()
        ).values("id", "parameters", name=F("script__name"))
    )
    key = Run._meta.pk.get_db_prep_value(made[0].pk, connection)

    expected = [{"id": made[0].pk, "parameters": {}, "name": "hello.py"}]
    assert query.fetch("SELECT id FROM runs_run", status="failed") == expected
    assert query.fetch("%s", [key], status="failed") == expected
    assert query.fetch("%s", [key], status="queued") == []


# -- Updates ---------------------------------------------------------------------
def renaming(made: list[tuple[str, ...]] | None = None) -> PreparedUpdate:
    """Sets columns of the runs of one name."""

    def make(*columns):
        if made is not None:
            made.append(columns)
        fields = {name: Run._meta.get_field(name) for name in columns}
        return (
            Run.objects.filter(script_name=Param("old", CharField())),
            {name: Param(name, field) for name, field in fields.items()},
        )

    return PreparedUpdate(make)


def test_an_update_changes_the_rows_that_its_queryset_finds(make_run):
    mine, others = make_run(script_name="a"), make_run(script_name="b")
    update = renaming()

    assert update.apply("script_name", old="a", script_name="c") == 1
    assert update.apply("script_name", old="a", script_name="c") == 0
    for run, name in [(mine, "c"), (others, "b")]:
        run.refresh_from_db()
        assert run.script_name == name


def test_an_update_writes_each_value_as_its_field_does(make_run):
    values = {
        "parameters": {"a": [1, "二"]},
        "started_at": timezone.now(),
        "cpu_s": None,
        "exit_code": 3,
    }
    run = make_run(script_name="a", cpu_s=1.5)

    assert renaming().apply(*values, old="a", **values) == 1
    run.refresh_from_db()
    assert {name: getattr(run, name) for name in values} == values


def test_an_update_is_made_once_for_each_shape():
    made: list[tuple[str, ...]] = []
    update = renaming(made)

    for _ in range(2):
        update.apply("detail", old="a", detail="x")
        update.apply("detail", "queue", old="a", detail="x", queue="y")

    assert made == [("detail",), ("detail", "queue")]


def test_what_the_database_works_out_may_be_set(make_run):
    run = make_run(finished_at=None)
    update = PreparedUpdate(lambda: (Run.objects.all(), {"started_at": Now()}))

    assert update.apply() == 1
    run.refresh_from_db()
    assert abs(run.started_at - timezone.now()) < timedelta(minutes=5)


def test_after_a_failed_update_its_transaction_takes_no_more(make_run):
    make_run(script_name="a")

    with transaction.atomic():
        with pytest.raises(DatabaseError, match="runs_run_"):
            renaming().apply("status", old="a", status="nonsense")
        assert transaction.get_rollback()
    assert Run.objects.get().status == "queued"


# -- Inserts ---------------------------------------------------------------------
def chunks(**fixed) -> PreparedInsert:
    """Inserts chunks of logs."""
    fields = {
        name: LogChunk._meta.get_field(name) for name in ("run", "seq", "text", "at")
    }
    places = {field.attname: Param(name, field) for name, field in fields.items()}
    return PreparedInsert(lambda: LogChunk(**places, **fixed))


def test_an_insert_makes_a_row_of_its_values(make_run):
    run, at = make_run(), timezone.now()

    assert chunks(stream="hub").apply(run=run.pk, seq=7, text="100 %s", at=at) == 1
    chunk = LogChunk.objects.get()
    assert (chunk.run, chunk.seq, chunk.stream) == (run, 7, "hub")
    assert (chunk.text, chunk.at, chunk.lines_before) == ("100 %s", at, None)


def test_an_insert_leaves_alone_what_is_there(make_run):
    insert = chunks(stream="stdout")
    row = {"run": make_run().pk, "seq": 1, "at": timezone.now()}

    assert insert.apply(**row, text="first") == 1
    assert insert.apply(**row, text="second") == 0
    assert [chunk.text for chunk in LogChunk.objects.all()] == ["first"]


# -- Rows that are written -------------------------------------------------------
def new_run(script, **values):
    names = {"script": script, "script_name": script.name, "timeout_s": 5}
    return names | {"trigger": Trigger.API} | values


def test_a_row_that_is_written_is_what_create_writes(hello, make_user):
    values = new_run(
        hello,
        parameters={"a": [1, "二"]},
        requested_by=make_user("ann"),
        queued_at=timezone.now(),
        resend_at=timezone.now(),
        cpu_s=0.5,
    )
    insert = PreparedCreate(Run)

    insert.create(**new_run(hello))
    made = insert.create(**values)

    expected = Run.objects.create(**values)
    read = Run.objects.get(pk=made.pk)
    expected.refresh_from_db()
    assert (made._state.adding, made._state.db) == (False, "default")
    for field in Run._meta.concrete_fields:
        if not field.primary_key:
            found = getattr(read, field.attname)
            assert found == getattr(expected, field.attname), field.name


def test_a_moment_from_now_is_the_databases_and_read_when_it_is_asked_for(
    hello, django_assert_num_queries
):
    insert = PreparedCreate(Run, from_now=("start_by", "resend_at"))
    values = new_run(hello)
    hour = timedelta(hours=1)

    with django_assert_num_queries(2):
        plain = insert.create(**values, start_by=None, resend_at=hour)
        timed = insert.create(**values, start_by=hour, resend_at=hour)
    with django_assert_num_queries(2):
        assert plain.start_by is None
        assert abs(timed.start_by - timezone.now() - hour) < timedelta(minutes=1)

    assert timed.resend_at == timed.start_by


def test_writing_a_row_is_one_query_and_sends_the_signals_of_saving(
    hello, django_assert_num_queries
):
    told = []

    def listen(signal, instance, **about):
        told.append((signal, instance.pk, about.get("created")))

    pre_save.connect(listen, sender=Run)
    post_save.connect(listen, sender=Run)
    try:
        with django_assert_num_queries(1):
            run = PreparedCreate(Run).create(**new_run(hello))
    finally:
        pre_save.disconnect(listen, sender=Run)
        post_save.disconnect(listen, sender=Run)

    assert told == [(pre_save, run.pk, None), (post_save, run.pk, True)]


def test_a_row_that_the_database_refuses_is_an_error(hello):
    insert = PreparedCreate(Run)
    run = insert.create(**new_run(hello))

    with pytest.raises(IntegrityError), transaction.atomic():
        insert.create(**new_run(hello, id=run.pk))
    with pytest.raises(IntegrityError), transaction.atomic():
        insert.create(**new_run(hello, status="lost"))

    assert list(Run.objects.all()) == [run]


def test_a_row_of_an_unsaved_row_is_refused_with_its_name(hello):
    with pytest.raises(ValueError, match=r"unsaved related object 'script'"):
        PreparedCreate(Run).create(**new_run(Script(name="new.sh")))


def test_a_model_whose_key_the_database_makes_is_refused():
    with pytest.raises(TypeError, match=r"scripts\.Script needs more than"):
        PreparedCreate(Script)
