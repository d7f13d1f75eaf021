"""Presets of the run form: saved, offered, shared, replaced and deleted."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.core.errors import Forbidden, InvalidInput
from apps.runs import services
from apps.runs.models import Preset, Run
from apps.runs.services import presets
from tests.integration.runs.run_form import EVERYTHING, address, fields, tag, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def everything(add_script):
    return add_script("everything.py", EVERYTHING)


@pytest.fixture
def ann(make_user):
    return _browser(make_user("ann", "Operator", is_staff=True))


@pytest.fixture
def bob(make_user):
    return _browser(make_user("bob", "Operator", is_staff=True))


def _browser(user):
    client = Client()
    client.force_login(user)
    client.user = user
    return client


def saved(client, script, name, **values):
    return client.post(
        address(script),
        {"_save_preset": "", "preset_name": name, **fields(**values)},
        follow=True,
    )


def offered(client, script):
    context = client.get(address(script)).context
    return [(one.name, one.owner) for one in context["presets"]]


def test_a_preset_is_saved_and_fills_in_the_form(ann, everything):
    # What is required is not there yet.
    answer = saved(ann, everything, " Monday  feed ", limit="7", tag="a\nb")

    preset = Preset.objects.get()
    assert (preset.name, preset.owner) == ("Monday feed", ann.user)
    assert preset.parameters == {"limit": 7, "tag": ["a", "b"]}
    text = text_of(answer)
    assert "The preset Monday feed was saved." in text
    assert "Filled in from the preset Monday feed." in text
    assert 'value="7"' in tag(text, "limit")
    assert not Run.objects.exists()


def test_one_s_own_of_the_same_name_is_replaced(ann, bob, everything):
    saved(bob, everything, "p", limit="1")
    saved(ann, everything, "p", limit="2")

    answer = saved(ann, everything, "p", limit="3")

    assert "The preset p was replaced." in text_of(answer)
    mine = Preset.objects.filter(owner=ann.user)
    assert [preset.parameters for preset in mine] == [{"limit": 3}]
    assert Preset.objects.get(owner=bob.user).parameters == {"limit": 1}


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\u202eb"])
def test_a_name_that_is_none_is_refused_and_nothing_is_lost(ann, everything, name):
    answer = saved(ann, everything, name, limit="7")

    assert answer.context["problems"]["preset_name"]
    assert 'value="7"' in tag(text_of(answer), "limit")
    assert not Preset.objects.exists()


def test_a_wrong_value_is_not_saved(ann, everything):
    answer = saved(ann, everything, "p", limit="many")

    assert "parameter-limit" in answer.context["form"].errors
    assert not Preset.objects.exists()


def test_enter_in_the_field_of_the_name_saves_and_runs_nothing(ann, everything):
    ann.post(address(everything), {"preset_name": "p", **fields(limit="7")})

    assert Preset.objects.get().name == "p"
    assert not Run.objects.exists()


def test_others_see_what_is_shared_alone(ann, bob, everything):
    saved(ann, everything, "mine", limit="1")
    saved(ann, everything, "ours", limit="2", url="https://x.example/")
    Preset.objects.filter(name="ours").update(shared=True)
    mine, ours = Preset.objects.get(name="mine"), Preset.objects.get(name="ours")

    assert offered(bob, everything) == [("ours", "ann")]
    assert offered(ann, everything) == [("mine", ""), ("ours", "")]
    for preset, seen in ((mine, None), (ours, "2")):
        answer = bob.get(address(everything), {"_preset": preset.pk})
        assert answer.context["form"]["parameter-limit"].value() == seen


def test_sharing_is_a_box_to_tick(ann, everything):
    for box, shared in (({"shared": "on"}, True), ({}, False)):
        data = {"_save_preset": "", "preset_name": "p", **box}
        ann.post(address(everything), data)
        assert Preset.objects.get().shared is shared


def test_one_s_own_can_be_deleted_and_nobody_else_s(ann, bob, everything):
    saved(ann, everything, "ours", limit="2")
    preset = Preset.objects.get()
    where = address(everything, "runs_preset_delete", preset.pk)

    assert "was deleted already" in text_of(bob.post(where, follow=True))
    Preset.objects.update(shared=True)
    assert "only they can delete it" in text_of(bob.post(where, follow=True))
    assert ann.get(where).status_code == 405
    assert Preset.objects.exists()

    assert "The preset ours was deleted." in text_of(ann.post(where, follow=True))
    assert not Preset.objects.exists()


def test_a_superuser_deletes_what_is_shared(admin_client, ann, everything):
    saved(ann, everything, "ours")
    Preset.objects.update(shared=True)
    preset = Preset.objects.get()

    admin_client.post(address(everything, "runs_preset_delete", preset.pk))

    assert not Preset.objects.exists()


def test_a_preset_holds_neither_secrets_nor_files(ann, everything):
    schema = everything.parameters_schema
    schema["properties"]["text"]["x-hub"] |= {"kind": "secret", "env": "TEXT"}
    schema["properties"]["code"]["x-hub"] |= {"file": True}
    values = {"text": "hunter2", "code": "ABC", "limit": 7}

    preset, is_new = services.save_preset(
        script=everything, owner=ann.user, name="p", parameters=values
    )

    assert is_new
    assert preset.parameters == {"limit": 7}


def test_what_the_script_does_not_take_is_no_preset(ann, everything):
    with pytest.raises(InvalidInput, match="limt: is not a parameter"):
        services.save_preset(
            script=everything, owner=ann.user, name="p", parameters={"limt": 1}
        )


def test_presets_have_an_end(ann, everything, monkeypatch):
    monkeypatch.setattr(presets, "MAX_PRESETS", 2)
    for name in ("a", "b", "b", "c"):
        answer = saved(ann, everything, name)

    assert "You have 2 presets of this script" in text_of(answer)
    assert set(Preset.objects.values_list("name", flat=True)) == {"a", "b"}


def test_a_preset_is_deleted_by_whom_it_belongs_to(ann, bob, everything):
    saved(ann, everything, "p")

    with pytest.raises(Forbidden, match="The preset p is ann's"):
        services.delete_preset(preset=Preset.objects.get(), user=bob.user)


def test_presets_go_with_their_owner(ann, everything):
    saved(ann, everything, "p")

    ann.user.delete()

    assert not Preset.objects.exists()
