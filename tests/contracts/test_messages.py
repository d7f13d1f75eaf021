"""Translations are whole: every message, no leftovers, and compiled as they stand."""

from __future__ import annotations

import re

import pytest

from tests.contracts import messages

SOURCE = """
from django.utils.translation import gettext as _, gettext_lazy, ngettext

A = _("Run %(name)s ended.") % {"name": 1}
B = gettext_lazy("Scripts")
C = ngettext("%(n)d run", "%(n)d runs", 2)
"""
TEMPLATE = """{% load i18n %}
<ul>
    <li>{% translate "Queued" %}</li>
  {% blocktranslate trimmed %}
      Waits for
      {{ name }}.
  {% endblocktranslate %}
</ul>
"""
MESSAGES = {
    "Run %(name)s ended.",
    "Scripts",
    ("%(n)d run", "%(n)d runs"),
    "Queued",
    "Waits for %(name)s.",
}


@pytest.fixture
def project(tmp_path):
    """A project with one module and one template."""
    for name, text in {"apps/runs/a.py": SOURCE, "templates/a.html": TEMPLATE}.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def translate(path, translations):
    """Write translations into a catalogue, as a person would."""
    catalogue = messages.read(path)
    for message in catalogue:
        if message.id in translations:
            message.string = translations[message.id]
    with path.open("wb") as file:
        messages.write_po(file, catalogue)


def test_messages_of_modules_and_templates_are_collected(project):
    assert {m.id for m in messages.collect(project) if m.id} == MESSAGES


def test_a_new_catalogue_holds_all_messages_untranslated(project):
    (path,) = messages.update(project)
    assert path == project / "automation_hub/locale/zh_Hans/LC_MESSAGES/django.po"
    found = messages.problems(messages.read(path), messages.collect(project))
    assert sorted(found) == sorted(f"Not translated: {name!r}." for name in MESSAGES)


def test_an_update_keeps_translations_and_drops_what_went(project):
    (path,) = messages.update(project)
    translate(path, {"Scripts": "脚本", "Queued": "排队"})
    (project / "templates/a.html").write_text("")
    messages.update(project)
    catalogue = messages.read(path)
    assert catalogue.get("Scripts").string == "脚本"
    assert catalogue.get("Queued") is None


def test_an_update_without_news_changes_no_byte(project):
    (path,) = messages.update(project)
    before = path.read_bytes(), path.with_suffix(".mo").read_bytes()
    messages.update(project)
    assert (path.read_bytes(), path.with_suffix(".mo").read_bytes()) == before


def test_a_placeholder_that_was_lost_is_named(project):
    (path,) = messages.update(project)
    translate(path, {"Run %(name)s ended.": "%(nom)s 结束了。"})
    found = messages.problems(messages.read(path), messages.collect(project))
    assert any("'Run %(name)s ended.': unknown named placeholder" in s for s in found)


def test_messages_that_the_catalogue_lacks_or_has_too_many_are_named(project):
    (path,) = messages.update(project)
    (project / "apps/runs/a.py").write_text('from x import _\n_("New")')
    found = messages.problems(messages.read(path), messages.collect(project))
    assert "Not in the catalogue: 'New'." in found
    assert "Not in the sources: 'Scripts'." in found


def test_a_message_that_only_repeats_its_english_is_named(project):
    (path,) = messages.update(project)
    translate(path, {"Scripts": "scripts", "Queued": "排队"})
    translate(path, {("%(n)d run", "%(n)d runs"): ("%(n)d runs",)})
    found = messages.untranslated(messages.read(path), {"Queued"})
    assert [sentence.rpartition(": ")[2] for sentence in found] == [
        "'%(n)d runs'.",
        "'Scripts'.",
    ]


def test_a_name_may_be_left_as_it_is(project):
    (path,) = messages.update(project)
    translate(path, {"Scripts": "Scripts"})
    assert messages.untranslated(messages.read(path), {"Scripts"}) == []


@pytest.fixture
def catalogues():
    """The project's own catalogues."""
    paths = messages.catalogue_paths()
    assert paths
    return paths


def test_every_message_of_the_project_is_translated(catalogues):
    found = messages.collect()
    left = [
        f"{path.parents[1].name}: {sentence}"
        for path in catalogues
        for sentence in messages.problems(messages.read(path), found)
    ]
    if left:
        said = "\n".join(left)
        pytest.fail(f"Run make messages, then translate.\n{said}", pytrace=False)


def test_the_compiled_catalogues_are_those_of_their_sources(catalogues):
    for path in catalogues:
        expected = messages.compiled(messages.read(path))
        assert path.with_suffix(".mo").read_bytes() == expected, "Run make messages."


def test_each_name_that_may_be_left_is_a_message_with_a_reason():
    ids = {message.id for message in messages.collect()}
    lines = messages.NAMES.read_text("utf-8").splitlines()
    assert messages.names() <= ids
    assert all(line.partition("#")[2].strip() for line in lines)


# Said in one way throughout, whoever writes it.
GLOSSARY = {
    "你": "您",
    "本系统": "平台",
    "工作进程": "工作节点",
    "脚本文件夹": "脚本目录",
    "数据文件夹": "数据目录",
}
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,;:?!]")


def test_the_chinese_words_are_those_of_the_glossary():
    catalogue = messages.read(messages.catalogue_paths()[0])
    texts = [
        text for message in catalogue for _english, text in messages.pairs(message)
    ]
    wrong = [
        f"{text}: {other} instead of {word}"
        for text in texts
        for word, other in GLOSSARY.items()
        if word in text
    ]
    assert wrong == []
    assert [text for text in texts if HALF_WIDTH.search(text)] == []
