#!/usr/bin/env python3
# /// script
# requires-python = ">=3.11"
#
# [tool.automation-hub]
# title = "Fetch a feed"
# description = "Fetch an RSS or Atom feed; save its items as JSON and Markdown."
# tags = ["feeds"]
# anonymous = true
# timeout_s = 120
# artifacts = ["rss/**/*.json", "rss/**/*.md"]
#
# [tool.automation-hub.parameters.url]
# label = "Feed URL"
# format = "uri"
# [tool.automation-hub.parameters.limit]
# label = "Items"
# minimum = 1
# [tool.automation-hub.parameters.out_dir]
# label = "Output folder"
# anonymous = false
# ///
"""Fetch an RSS or Atom feed and save its items as JSON and Markdown.

Writes below --out-dir, each file whole or not at all, in a folder of the feed's own
(the digits are of its URL: two feeds may share host and title):

    <host>-<title>-<digits>/<host>-<title>-<UTC time>.json and .md   of this run alone
    <host>-<title>-<digits>/latest.json and latest.md                the same once more

The JSON has links as the feed gives them and titles as plain text; in the Markdown both
are escaped, and only http(s) addresses become links. A date without a zone is taken as
UTC. The paths of this run's own two files are appended to the file named by
$HUB_ARTIFACTS.

Exit status: 0 done; 2 wrong usage or the feed cannot be fetched; 3 what came is not a
feed; 4 the files cannot be written. Fetching with all its attempts, and then reading,
may take 30 seconds each, or what $FETCH_RSS_TIMEOUT_S says.
"""

from __future__ import annotations

import argparse
import codecs
import contextlib
import fcntl
import hashlib
import html
import io
import itertools
import json
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin, urlsplit
from xml.parsers import expat

import feedparser
import requests
import urllib3

CANNOT_FETCH, NOT_A_FEED, CANNOT_WRITE = 2, 3, 4
USER_AGENT = "automation-hub fetch_rss.py (feed reader)"
MAX_MIB = 10
CONNECT_TIMEOUT_S, READ_TIMEOUT_S = 5, 10
ATTEMPTS, BACK_OFF_S = 3, 0.5
MAX_REDIRECTS = 5

# What a feed in UTF-8 with a mark, or in UTF-16 with or without one, begins with.
SIGNATURES = {b"\xef\xbb": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
SIGNATURES |= {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
# Publishers name the old standard and use what grew out of it.
SUCCESSORS = {"gb2312": "gb18030", "gbk": "gb18030"}
SUCCESSORS |= {"big5": "big5hkscs", "cp950": "big5hkscs", "iso8859-1": "cp1252"}
DATE = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d\d?)\s*[-/.月]\s*(\d\d?)日?"
    r"(?:[T\s]*(\d\d?)[:时](\d\d?)(?:[:分](\d\d?))?(?:[.,]\d+)?[分秒]?)?"
    r"\s*(Z|UTC|GMT|[+-]\d\d:?\d\d)?"
)


class Failure(Exception):
    """Ends the run with an exit status and one sentence on stderr."""

    def __init__(self, status: int, sentence: str, *, may_pass: bool = False) -> None:
        super().__init__(sentence)
        self.status = status
        self.may_pass = may_pass


def one_line(text: str) -> str:
    """The text on one line, without control characters and lone surrogates."""
    return re.sub(r"[\0- \x7f-\x9f\u2028\u2029\ud800-\udfff]+", " ", text).strip()


def public(text: str) -> str:
    """The text without the user names and passwords that addresses in it hold."""
    return re.sub(r"(?<=//)[^/?#\s]*@", "", text)


def say(sentence: str) -> None:
    print("fetch_rss.py:", one_line(public(sentence)), file=sys.stderr)


@contextlib.contextmanager
def time_limit(status: int, sentence: str) -> Iterator[None]:
    """Raise Failure in the block once it has taken $FETCH_RSS_TIMEOUT_S."""
    text = os.environ.get("FETCH_RSS_TIMEOUT_S") or "30"
    if not re.fullmatch(r"\d{1,4}(\.\d+)?", text) or not float(text):
        raise Failure(CANNOT_FETCH, f"FETCH_RSS_TIMEOUT_S is {text!r}, not seconds")

    def ring(signum: int, frame: object) -> None:
        raise Failure(status, f"{sentence} within {text} s")

    signal.signal(signal.SIGALRM, ring)
    # It rings on every second: an exception raised in a finalizer is lost.
    signal.setitimer(signal.ITIMER_REAL, float(text), 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def read_body(response: requests.Response) -> bytes:
    """The decompressed body of an answer 200, at most MAX_MIB long."""
    status = response.status_code
    if status != HTTPStatus.OK:
        phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
        sentence = f"the server answered {status} {phrase}".rstrip()
        raise Failure(CANNOT_FETCH, sentence, may_pass=status >= 500)
    body = bytearray()
    for chunk in response.iter_content(64 * 1024):
        body += chunk
        if len(body) > MAX_MIB * 1024**2:
            raise Failure(CANNOT_FETCH, f"it is larger than {MAX_MIB} MiB")
    return bytes(body)


def fetch_once(url: str) -> tuple[bytes, str, str]:
    with requests.Session() as session:
        session.headers["User-Agent"] = USER_AGENT
        for _ in range(MAX_REDIRECTS + 1):
            timeout = (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
            with session.get(
                url, stream=True, allow_redirects=False, timeout=timeout
            ) as response:
                target = session.get_redirect_target(response)
                if target is None:
                    body = read_body(response)
                    return body, response.headers.get("content-type", ""), url
            url = requests.utils.requote_uri(urljoin(url, target))
    raise Failure(CANNOT_FETCH, f"there are more than {MAX_REDIRECTS} redirects")


def root_cause(error: BaseException) -> BaseException:
    """What lies at the bottom of the errors that wrap one another."""
    wrapped = (error.__cause__, getattr(error, "reason", None), *error.args)
    inner = next((item for item in wrapped if isinstance(item, BaseException)), None)
    return root_cause(inner) if inner else error


def failure_of(error: Exception) -> Failure:
    """The Failure that says what requests raised."""
    cause = root_cause(error)
    sentence = getattr(cause, "strerror", None) or str(cause) or repr(cause)
    if isinstance(error, requests.exceptions.InvalidSchema):
        sentence = "only http and https addresses are fetched"
    elif isinstance(cause, urllib3.exceptions.ConnectTimeoutError):
        sentence = f"no connection within {CONNECT_TIMEOUT_S} s"
    elif isinstance(cause, TimeoutError | urllib3.exceptions.TimeoutError):
        sentence = f"nothing came for {READ_TIMEOUT_S} s"
    broken = (requests.Timeout, requests.ConnectionError)
    broken += (requests.exceptions.ChunkedEncodingError,)
    lasting = isinstance(error, requests.exceptions.SSLError)
    may_pass = isinstance(error, broken) and not lasting
    return Failure(CANNOT_FETCH, sentence[:200], may_pass=may_pass)


def fetch(url: str) -> tuple[bytes, str, str]:
    """Body, content type and final address of `url`; tries again where it may help."""
    # requests would send what a .netrc file has for the host.
    os.environ["NETRC"] = os.devnull
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return fetch_once(url)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as exc:
            failure = failure_of(exc)
        except ValueError as exc:
            raise Failure(CANNOT_FETCH, f"the address is not valid: {exc}") from exc
        except Failure as exc:
            failure = exc
        if not failure.may_pass:
            raise failure
        if attempt < ATTEMPTS:
            time.sleep(BACK_OFF_S * 2 ** (attempt - 1))
    raise Failure(CANNOT_FETCH, f"{failure} ({ATTEMPTS} attempts)")


def declared_encodings(body: bytes, content_type: str) -> list[str]:
    """What the header and the XML declaration say, where Python knows the encoding."""
    header = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", content_type, re.A | re.I)
    inside = re.search(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([\w.:-]+)", body[:1024])
    names = [header[1]] if header else []
    names += [inside[1].decode()] if inside else []
    known = []
    for name in names:
        with contextlib.suppress(LookupError, ValueError):
            name = codecs.lookup(name).name
            name = SUCCESSORS.get(name, name)
            # Codecs that make no text of bytes refuse here.
            b"<".decode(name, "replace")
            # Where "<?xml" is readable as ASCII, it is not in units of 2 or 4 bytes.
            known += [] if name.startswith(("utf-16", "utf-32")) else [name]
    # Servers name Latin-1 out of habit, and it decodes nearly anything.
    return sorted(known, key=lambda name: name == "cp1252")


def likely_encoding(body: bytes) -> str:
    """GB18030 or Big5, whichever makes everyday characters of it; else CP1252."""
    pairs = re.findall(rb"[\x81-\xfe][\x40-\xfe]", body[:500_000])
    # In both, 0xA1 to 0xA3 begin punctuation.
    pairs = [pair for pair in pairs if not 0xA1 <= pair[0] <= 0xA3]
    gb = sum(0xB0 <= first <= 0xD7 and second >= 0xA1 for first, second in pairs)
    big5 = sum(0xA4 <= first <= 0xC6 for first, _ in pairs)
    if not pairs or max(gb, big5) * 2 < len(pairs):
        return "cp1252"
    return "gb18030" if gb >= big5 else "big5hkscs"


def decode(body: bytes, content_type: str) -> str:
    """The text of a feed: as it declares, else as UTF-8, else as is likely."""
    if signature := SIGNATURES.get(body[:2]):
        return body.decode(signature, "replace")
    encodings = [*declared_encodings(body, content_type), "utf-8"]
    for encoding in encodings:
        with contextlib.suppress(ValueError):
            return body.decode(encoding)
    for encoding in encodings:
        text = body.decode(encoding, "replace")
        # A cut character or two: the encoding is right all the same.
        if text.count("\ufffd") * 20 <= sum(c > "\x7f" for c in text):
            return text
    return body.decode(likely_encoding(body), "replace")


def mend_reference(match: re.Match[str]) -> str:
    """A numeric reference, if such a character can be; feedparser fails on others."""
    digits = match[1].lower()
    base = 16 if digits[0] == "x" else 10
    code = int(digits.lstrip("x0")[:9] or "0", base)
    return match[0] if code < 0xD800 or 0xDFFF < code < 0x110000 else "&#xFFFD"


def refuse_entities(text: str) -> None:
    """Raise Failure where entities are declared: few lines can stand for gigabytes."""

    def refuse(*declaration: object) -> None:
        raise Failure(NOT_A_FEED, "it declares entities, which no feed needs")

    def stop(*element: object) -> None:
        raise StopIteration

    # feedparser finds declarations by a pattern of its own, up to the first element.
    if re.search("<!ENTITY", re.split(r"<\w", text, maxsplit=1)[0], re.I):
        refuse()
    parser = expat.ParserCreate("utf-8")
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = stop
    with contextlib.suppress(expat.ExpatError, StopIteration):
        parser.Parse(text.encode("utf-8", "replace"), True)


def parse(text: str, url: str) -> Any:
    """What feedparser makes of the text; raises Failure where that is no feed."""
    refuse_entities(text)
    text = re.sub(r"&#([xX][0-9a-fA-F]+|[0-9]+)", mend_reference, text)
    kind = "application/xml; charset=utf-8"
    try:
        parsed = feedparser.parse(
            # As a stream: of bytes that name a file, feedparser would read the file.
            io.BytesIO(text.encode("utf-8", "replace")),
            response_headers={"content-type": kind, "content-location": url},
        )
    except (AssertionError, LookupError, TypeError, ValueError) as exc:
        raise Failure(NOT_A_FEED, "feedparser fails on it") from exc
    if not (parsed.get("version") or parsed.entries):
        raise Failure(NOT_A_FEED, "it is neither RSS nor Atom")
    if parsed.bozo:
        where = str(parsed.bozo_exception).removeprefix("<unknown>:")
        count = f"items read all the same: {len(parsed.entries)}"
        say(f"warning: the XML is broken ({where}); {count}.")
    return parsed


def iso_date(text: str) -> str | None:
    """A date as ISO 8601 in UTC; None where it makes no sense."""
    try:
        if match := DATE.fullmatch(text.strip()):
            numbers = [int(part or 0) for part in match.groups()[:6]]
            zone = match[7] if (match[7] or "Z")[0] in "+-" else "+00:00"
            iso = "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}".format(*numbers, zone)
            moment = datetime.fromisoformat(iso)
        else:
            moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def title_of(source: Any) -> str | None:
    """The title of a feed or an entry as plain text; tags, if any, stay as text."""
    title, detail = source.get("title", ""), source.get("title_detail", {})
    if detail.get("type") != "text/plain":
        title = html.unescape(title)
    return one_line(title) or None


def item_of(entry: Any) -> dict[str, str | None]:
    dates = (entry.get(key) for key in ("published", "updated", "created"))
    return {
        "title": title_of(entry),
        "link": entry.get("link") or None,
        "id": entry.get("id") or None,
        "author": one_line(entry.get("author", "")) or None,
        "published": iso_date(next(filter(None, dates), "")),
        "summary": entry.get("summary") or None,
    }


def document_of(parsed: Any, url: str, limit: int) -> dict[str, Any]:
    items = [item_of(entry) for entry in parsed.entries[:limit]]
    feed = {
        "title": title_of(parsed.feed),
        "link": parsed.feed.get("link") or None,
        "url": public(url),
        "language": parsed.feed.get("language") or None,
        "version": parsed.version or None,
    }
    fetched_at = datetime.now(UTC).isoformat(timespec="seconds")
    return {"feed": feed, "fetched_at": fetched_at, "count": len(items), "items": items}


def escape(text: str) -> str:
    """The text so that Markdown shows it and does nothing else with it."""
    text = html.escape(shorten(one_line(text)), quote=False)
    text = re.sub(r"[\\`*_\[\](){}#|~]", r"\\\g<0>", text)
    # What would begin a list or underline the line above it.
    return re.sub(r"^(\d+(?=\.)|(?=[-+=]))", r"\1\\", text)


def link(text: str, url: str | None) -> str:
    if not re.match(r"https?://[^/\s]", url or "", re.I):
        return escape(text)
    target = quote(url or "", safe="%/:?#@!$&'*+,;=~[]", errors="replace")
    return f"[{escape(text)}]({target})"


def shorten(text: str) -> str:
    return text if len(text) <= 500 else text[:500].rstrip() + "…"


def plain(summary: str) -> str:
    """The text of the HTML, without its tags."""
    text = re.sub(r"</?(p|div|br|li|td|th|tr|h\d)\b[^<>]*>", " ", summary[:20_000])
    return " ".join(html.unescape(re.sub(r"<[^<>]*>", "", text)).split())


def markdown_of(document: dict[str, Any]) -> str:
    feed = document["feed"]
    facts = f"Items: {document['count']} · Fetched: {document['fetched_at']} · Feed: "
    parts = [f"# {link(feed['title'] or feed['url'], feed['link'])}"]
    parts.append(facts + link(feed["url"], feed["url"]))
    for number, item in enumerate(document["items"], 1):
        parts.append(f"## {number}. {link(item['title'] or 'Untitled', item['link'])}")
        byline = [escape(item[key]) for key in ("author", "published") if item[key]]
        parts += [" · ".join(byline), escape(plain(item["summary"] or ""))]
    return "\n\n".join(filter(None, parts)) + "\n"


def safe_name(text: str) -> str:
    """Letters and digits of any script, "." and "-"; at most 150 bytes of them."""
    name = re.sub(r"(?:[^\w.]|\.\.+)+", "-", text).strip(".-")
    return name.encode()[:150].decode(errors="ignore").rstrip(".-")


def write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all; the caller holds the folder's lock."""
    temporary = path.with_name(".part")
    try:
        with temporary.open("wb") as file:
            file.write(text.encode("utf-8", "replace"))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_own(folder: Path, stem: str, texts: dict[str, str]) -> list[Path]:
    """Write this run's own files, all or none, and list them for the hub."""
    stems = (
        f"{stem}-{number}" if number > 1 else stem for number in itertools.count(1)
    )
    stem = next(
        s for s in stems if not any((folder / (s + end)).exists() for end in texts)
    )
    paths = {folder / (stem + suffix): text for suffix, text in texts.items()}
    try:
        for path, text in paths.items():
            write_whole(path, text)
    except BaseException:
        for path in paths:
            path.unlink(missing_ok=True)
        raise
    if listing := os.environ.get("HUB_ARTIFACTS"):
        with Path(listing).open("ab") as file:
            file.write(b"".join(os.fsencode(path) + b"\n" for path in paths))
    return list(paths)


def store(out_dir: Path, document: dict[str, Any]) -> list[Path]:
    """Write the four files and return their paths; raises OSError."""
    url, title = document["feed"]["url"], document["feed"]["title"]
    name = safe_name(f"{urlsplit(url).hostname}-{title or ''}")
    folder = (
        out_dir.absolute() / f"{name}-{hashlib.sha256(url.encode()).hexdigest()[:8]}"
    )
    folder.mkdir(parents=True, exist_ok=True)
    stamp = re.sub(r"[-:]|\+.*", "", document["fetched_at"])
    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    texts = {".json": text, ".md": markdown_of(document)}
    with (folder / ".lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        paths = write_own(folder, f"{name}-{stamp}Z", texts)
        for suffix, text in texts.items():
            paths.append(folder / f"latest{suffix}")
            write_whole(paths[-1], text)
    return paths


def positive_int(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{number} is too small, at least 1 is needed")
    return number


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Fetch an RSS feed and save JSON + Markdown summary",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "--url",
        default="https://www.people.com.cn/rss/politics.xml",
        help="address of the feed, http or https",
    )
    parser.add_argument(
        "--limit", type=positive_int, default=10, help="how many items to keep at most"
    )
    parser.add_argument(
        "--out-dir",
        type=Path,
        default=Path(os.environ.get("DATA_DIR") or "/data", "rss"),
        help="folder for the files",
    )
    return parser.parse_args()


def stop(signum: int, frame: object) -> None:
    """End on SIGINT or SIGTERM, by way of every `finally`."""
    say(f"stopped by {signal.Signals(signum).name}.")
    raise SystemExit(128 + signum)


def run(url: str, limit: int, out_dir: Path) -> None:
    with time_limit(CANNOT_FETCH, "it was not complete"):
        body, content_type, address = fetch(url)
    with time_limit(NOT_A_FEED, "it could not be read"):
        parsed = parse(decode(body, content_type).strip(), public(address))
        document = document_of(parsed, url, limit)
    try:
        paths = store(out_dir, document)
    except OSError as exc:
        raise Failure(
            CANNOT_WRITE, f"{exc.filename or out_dir}: {exc.strerror}"
        ) from exc
    title = document["feed"]["title"] or document["feed"]["url"]
    # A reader that has seen enough (head) ends the run quietly; the files are there.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    print(f"{title}: {document['count']} of {len(parsed.entries)} items")
    for path in paths:
        print("Wrote", path)


def main() -> int:
    args = parse_arguments()
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, stop)
    beginnings = {
        CANNOT_FETCH: f"cannot fetch {args.url}",
        NOT_A_FEED: f"{args.url} is not a feed",
        CANNOT_WRITE: "cannot write",
    }
    try:
        run(args.url, args.limit, args.out_dir)
    except Failure as exc:
        say(f"{beginnings[exc.status]}: {str(exc).rstrip('.?')}.")
        return exc.status
    return 0


if __name__ == "__main__":
    sys.exit(main())
