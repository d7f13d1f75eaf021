"""Nothing is said to a reader that cannot be said in their language."""

from __future__ import annotations

import pytest

from tests.contracts import wording

UNSAID = {
    '<p title="Who ran it">{{ name }}</p>': ["Who ran it"],
    "<h2>Latest runs</h2>{% if a %}none{% endif %}": ["Latest runs", "none"],
    '<input type="submit" value="Run now"><input value="none">': ["Run now"],
    '<a href="{% url "x" %}">automation-hub</a> UTC': [],
    '<p aria-label="{% translate "Log" %}">{% translate "Runs" %}</p>': [],
    "{% blocktranslate trimmed %}Lines of {{ n }}{% endblocktranslate %}": [],
    "{# Why #}{% comment %}a remark{% endcomment %}<script>let a = 1</script>": [],
}
WORDED = {
    'box.textContent = "gone";': ["gone"],
    'b.setAttribute("aria-label", "copy")': ["copy"],
    "document.title = `${name} | automation-hub`": [],
    "say(`Line ${line} of ${total}`)": ["Line ${line} of ${total}"],
    'p.innerHTML = "<b>Loading</b>"': ["<b>Loading</b>"],
    'throw new Error("the hub is away")': ["the hub is away"],
    'box.textContent = `${minutes} ${words.minute}`; box.title = ""': [],
    'view.querySelector("section.hub-log > input, select, [data-do]")': [],
    'row.className = "hub-line hub-line-waiting"; // Nothing is there yet.': [],
    'if (event.key === "Enter" && error.name !== "AbortError") go("next");': [],
}


@pytest.mark.parametrize(("text", "expected"), UNSAID.items())
def test_texts_of_a_template_without_a_translation_are_found(text, expected):
    assert wording.in_template(text) == expected


@pytest.mark.parametrize(("code", "expected"), WORDED.items())
def test_words_in_a_module_are_found(code, expected):
    assert wording.in_javascript(code) == expected


def test_no_template_says_anything_that_is_not_translated():
    assert _all(wording.templates(), wording.in_template) == []


def test_no_module_has_words_of_its_own():
    assert _all(wording.modules(), wording.in_javascript) == []


def _all(paths, search):
    found = [(path, search(path.read_text("utf-8"))) for path in paths]
    assert found
    return [
        f"{path.relative_to(wording.ROOT)}: {text!r}"
        for path, texts in found
        for text in texts
    ]
