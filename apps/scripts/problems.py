"""What can be wrong with parameters, in words that a translation can follow."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SHOWN_CHARACTERS = 40
SHOWN_CHOICES = 20
# Python refuses to print integers of more than 4300 digits; these have fewer.
PRINTABLE_BITS = 13_000


def gettext_noop(text: str) -> str:
    """Mark `text` for the collecting of translations; translated where it is shown."""
    return text


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one parameter.

    `field` is the parameter's dest, "" when the problem is with all of them together.
    `MESSAGES[code] % params` is the sentence, to which the caller adds the field. For
    a list, `params["item"]` is the number of the wrong item, from 0.
    """

    field: str
    code: str
    params: Mapping[str, object] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Note:
    """Something in a script's declaration that was not read, or only in part."""

    line: int
    code: str
    params: Mapping[str, object] = dataclasses.field(default_factory=dict)

    @property
    def text(self) -> str:
        """The sentence in English, without the line."""
        return NOTES[self.code] % self.params


MESSAGES: dict[str, str] = {
    # All of them together.
    "not_object": gettext_noop(
        "The parameters must be a JSON object of names and values, such as "
        '{"limit": 5}; got %(value)s.'
    ),
    "too_many": gettext_noop(
        "%(count)s parameters were given; a run takes at most %(limit)s."
    ),
    "too_long_together": gettext_noop(
        "The parameters are %(size)s bytes long together; at most %(limit)s are taken. "
        "Put long values in a file and give its path."
    ),
    "one_required": gettext_noop("One of these must be given: %(fields)s."),
    # Names.
    "unknown": gettext_noop("is not a parameter of this script; it takes %(names)s."),
    "unknown_similar": gettext_noop(
        "is not a parameter of this script; did you mean %(similar)s?"
    ),
    "unknown_none": gettext_noop(
        "is not a parameter of this script, which takes none."
    ),
    "required": gettext_noop("must be given."),
    "exclusive": gettext_noop("cannot be given together with %(other)s; choose one."),
    "other_command": gettext_noop(
        "belongs to the command %(commands)s, but %(chosen)s is chosen; leave it "
        "out, or choose that command with %(field)s."
    ),
    "no_command": gettext_noop(
        "belongs to the command %(commands)s; choose it with %(field)s."
    ),
    "position": gettext_noop(
        "would be taken for %(other)s, which comes before it on the script's command "
        "line; give %(other)s too, or leave this out."
    ),
    "displaced": gettext_noop(
        "must be given here: without it the script would take %(other)s for it."
    ),
    # Types. 5.0 is an integer, as JSON Schema says; "5" and true are not.
    "type_string": gettext_noop("must be text in quotes, got %(value)s."),
    "type_integer": gettext_noop(
        "must be a whole number without quotes, got %(value)s."
    ),
    "type_number": gettext_noop("must be a number without quotes, got %(value)s."),
    "type_boolean": gettext_noop(
        "must be true or false without quotes, got %(value)s."
    ),
    "type_array": gettext_noop("must be a list in square brackets, got %(value)s."),
    # Texts of a form or a command line that do not become a value.
    "not_integer": gettext_noop("must be a whole number, such as 5; got %(value)s."),
    "not_number": gettext_noop("must be a number, such as 0.5; got %(value)s."),
    "not_boolean": gettext_noop("must be true or false, got %(value)s."),
    "not_single": gettext_noop("takes one value, got %(count)s."),
    # Values.
    "enum": gettext_noop("must be one of %(choices)s; got %(value)s."),
    "minimum": gettext_noop("must be at least %(limit)s, got %(value)s."),
    "maximum": gettext_noop("must be at most %(limit)s, got %(value)s."),
    "above": gettext_noop("must be more than %(limit)s, got %(value)s."),
    "below": gettext_noop("must be less than %(limit)s, got %(value)s."),
    "pattern": gettext_noop("must match the pattern %(pattern)s; got %(value)s."),
    "format_uri": gettext_noop(
        "must be a full address such as https://example.org/feed.xml, got %(value)s."
    ),
    "format_date": gettext_noop("must be a date such as 2025-01-31, got %(value)s."),
    "format_email": gettext_noop(
        "must be an e-mail address such as name@example.org, got %(value)s."
    ),
    "format_uuid": gettext_noop(
        "must be a UUID such as 1b4e28ba-2fa1-41d2-883f-0016d3cca427, got %(value)s."
    ),
    "format_path": gettext_noop(
        "must be a path: not empty, and in one line; got %(value)s."
    ),
    "min_length": gettext_noop(
        "must have at least %(limit)s characters besides blanks at its ends."
    ),
    "format_upload": gettext_noop(
        "must be the id of an uploaded file (POST /uploads takes the file and answers "
        "with it), got %(value)s."
    ),
    "min_items": gettext_noop("must have at least %(limit)s items, got %(count)s."),
    "max_items": gettext_noop("must have at most %(limit)s items, got %(count)s."),
    "invalid": gettext_noop("is not what the script takes (%(rule)s): %(value)s."),
    # Secrets.
    "dots": gettext_noop(
        "must not hold %(dot)s, which stands for what is hidden; give the value itself."
    ),
    "sealed": gettext_noop(
        "was encrypted with a key that this hub does not have; give it anew, or put "
        "the key back into SECRETS_KEY."
    ),
    "not_stored": gettext_noop("is not stored for this script; give the value itself."),
    # What no command line carries, or not safely.
    "too_long": gettext_noop(
        "is %(size)s bytes long; at most %(limit)s are taken. Put long values in a "
        "file and give its path."
    ),
    "nul": gettext_noop("must not hold the NUL character, got %(value)s."),
    "surrogate": gettext_noop(
        "must be valid Unicode without lone surrogates, got %(value)s."
    ),
    "control": gettext_noop(
        "must hold no control characters but newline and tab, got %(value)s."
    ),
    "not_finite": gettext_noop("must be a finite number, got %(value)s."),
    "dashes": gettext_noop(
        'must not be "--" alone: on a command line that ends the options.'
    ),
    "option_like": gettext_noop(
        "must not begin with a dash: the script would read %(value)s as an option."
    ),
    "open_list": gettext_noop(
        "must be a single item here: the script would take what follows it on the "
        "command line for more of them."
    ),
    "file_like": gettext_noop(
        "must not begin with %(prefix)s: the script would read %(value)s as the name "
        "of a file of arguments."
    ),
}

NOTES: dict[str, str] = {
    # Left out: what follows cannot be given through the hub.
    "name": gettext_noop("The names of the argument %(name)s cannot be read."),
    "keywords": gettext_noop(
        "The argument %(name)s is declared with %(keywords)s, which cannot be read "
        "without running the script."
    ),
    "condition": gettext_noop(
        "The argument %(name)s is declared in a loop or under a condition."
    ),
    "action": gettext_noop(
        "The argument %(name)s has the action %(action)s, which is not known."
    ),
    "setting": gettext_noop(
        "The argument %(name)s has %(setting)s, which cannot be read."
    ),
    "nested": gettext_noop(
        "The argument %(name)s takes a list of lists, which has no form."
    ),
    "changed": gettext_noop(
        "The argument %(name)s is changed after it was declared (%(setting)s)."
    ),
    "same_dest": gettext_noop(
        "The argument %(name)s stores its value as %(dest)s, as another one does."
    ),
    "receiver": gettext_noop(
        "The argument %(name)s is added to %(receiver)s, which is not known to be an "
        "argparse parser."
    ),
    "not_reached": gettext_noop(
        "The argument %(name)s is declared in code that was not found to be used."
    ),
    "prefix": gettext_noop(
        "The parser has its own prefix_chars; its arguments were not read."
    ),
    "several_parsers": gettext_noop(
        "There are several parsers (lines %(lines)s), and none is known to be the "
        "script's own; their arguments were not read."
    ),
    "several_commands": gettext_noop(
        "There are several commands (lines %(lines)s), and none is known to be the "
        "script's own; their parameters were not read."
    ),
    "decorator": gettext_noop(
        "What the decorator %(name)s adds to a command is not known."
    ),
    "subcommand": gettext_noop("The sub-command %(name)s cannot be read."),
    "chain": gettext_noop(
        "The sub-commands of %(name)s can be chained; the form asks for one."
    ),
    "other_parser": gettext_noop(
        "Another parser is used under a condition; its arguments were not read."
    ),
    "subcommands": gettext_noop(
        "The sub-commands cannot be read without running the script."
    ),
    "command": gettext_noop(
        "The sub-command %(name)s has a name that cannot be read, or cannot be given."
    ),
    "command_condition": gettext_noop(
        "The sub-command %(name)s is declared in a loop or under a condition."
    ),
    "argv": gettext_noop(
        "The script reads sys.argv itself; what it takes there is not known."
    ),
    "passed": gettext_noop(
        "The parser is handed to %(function)s; what that adds is not known."
    ),
    "library": gettext_noop("Parameters declared with %(library)s are not read."),
    "overlay": gettext_noop(
        "The header describes %(name)s, which was not found among what was read."
    ),
    # Read, but for one thing.
    "choices": gettext_noop("The choices of %(name)s cannot be read (%(code)s)."),
    "choices_type": gettext_noop(
        "The choices of %(name)s are not of its type; they were left out."
    ),
    "required": gettext_noop("Whether %(name)s is required cannot be read (%(code)s)."),
    "type": gettext_noop(
        "The type of %(name)s cannot be read (%(code)s); it is taken as text."
    ),
    "limits": gettext_noop("The limits of %(name)s cannot be read (%(code)s)."),
    "own_class": gettext_noop(
        "%(name)s is of a class of its own (%(code)s), which may take its values "
        "differently."
    ),
    "hidden_input": gettext_noop(
        "%(name)s is meant to be typed unseen; here it is seen like any other, unless "
        "the header declares it as a secret."
    ),
    "parser_setting": gettext_noop(
        "The parser's %(setting)s cannot be read without running the script."
    ),
    "bare": gettext_noop(
        "%(name)s without a value means %(const)s; that cannot be asked for."
    ),
}


def english(problem: Problem) -> str:
    """Return the whole sentence, for logs and terminals that are not translated."""
    sentence = MESSAGES[problem.code] % problem.params
    return f"{problem.field}: {sentence}" if problem.field else sentence


def show(value: object) -> str:
    """Return a value as a message shows it: JSON, short, and always printable."""
    if isinstance(value, str):
        return _show_text(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        printable = value.bit_length() <= PRINTABLE_BITS
        return _cut(str(value)) if printable else "a huge number"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else str(value)
    return "{…}" if isinstance(value, Mapping) else "[…]"


def show_all(values: Iterable[object]) -> str:
    """Return values as a message lists them, the first SHOWN_CHOICES of them."""
    shown = [show(value) for value in values]
    more = ["…"] if len(shown) > SHOWN_CHOICES else []
    return ", ".join(shown[:SHOWN_CHOICES] + more)


def show_name(name: object) -> str:
    """Return a name that came from outside, short and printable, without quotes."""
    return _printable(name if isinstance(name, str) else str(name), 100)


def _show_text(text: str) -> str:
    return f'"{_printable(text, SHOWN_CHARACTERS)}"'


def _printable(text: str, length: int) -> str:
    # Escaping what does not print keeps lone surrogates out of sentences, which
    # must be encodable, and control characters out of terminals.
    cut = text[: length + 1]
    shown = "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut
    )
    return shown if len(text) <= length else shown[:length] + "…"


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"
