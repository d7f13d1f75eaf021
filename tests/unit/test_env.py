"""Reading the environment: what is taken, what is refused and in which words."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from automation_hub import addresses, env, redis_address

NAME = "HUB_TEST_VALUE"


@pytest.fixture
def given(monkeypatch):
    """Return a function that sets the variable of these tests."""

    def give(value: str) -> None:
        monkeypatch.setenv(NAME, value)

    return give


def test_a_variable_that_is_not_set_gives_the_default():
    assert env.env_str(NAME, "usual") == "usual"


def test_an_empty_variable_counts_as_not_set(given):
    given("")
    assert env.env_str(NAME, "usual") == "usual"
    assert env.env_bool(NAME, True) is True
    assert env.env_number(NAME, 1.5) == 1.5
    assert env.env_list(NAME, ["a"]) == ["a"]
    assert env.env_path(NAME, Path("/usual")) == Path("/usual")


def test_a_file_gives_the_value_without_its_last_newline(monkeypatch, tmp_path):
    (tmp_path / "secret").write_text("from a file\n", encoding="utf-8")
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "secret"))
    assert env.env_str(NAME, "usual") == "from a file"


def test_an_empty_file_gives_the_default(monkeypatch, tmp_path):
    (tmp_path / "secret").touch()
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "secret"))
    assert env.env_str(NAME, "usual") == "usual"


def test_an_empty_file_name_counts_as_not_set(monkeypatch, given):
    given("direct")
    monkeypatch.setenv(f"{NAME}_FILE", "")
    assert env.env_str(NAME) == "direct"


def test_a_variable_and_its_file_at_once_are_refused(monkeypatch, given):
    given("direct")
    monkeypatch.setenv(f"{NAME}_FILE", "/anything")
    with pytest.raises(ImproperlyConfigured, match=f"{NAME}_FILE are both set; keep"):
        env.env_str(NAME)


def test_a_file_that_is_not_there_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "gone"))
    with pytest.raises(ImproperlyConfigured, match="gone, which cannot be read"):
        env.env_str(NAME)


def test_a_file_that_is_no_text_is_named(monkeypatch, tmp_path):
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "binary"))
    with pytest.raises(ImproperlyConfigured, match="binary, which cannot be read"):
        env.env_str(NAME)


@pytest.mark.parametrize("word", ["1", "true", "TRUE", "Yes", "on"])
def test_words_for_yes(given, word):
    given(word)
    assert env.env_bool(NAME, False) is True


@pytest.mark.parametrize("word", ["0", "false", "False", "NO", "off"])
def test_words_for_no(given, word):
    given(word)
    assert env.env_bool(NAME, True) is False


def test_another_word_is_neither_yes_nor_no(given):
    given("maybe")
    with pytest.raises(ImproperlyConfigured, match="'maybe'; write true or false"):
        env.env_bool(NAME, False)


@pytest.mark.parametrize(("text", "number"), [("3", 3), ("0.5", 0.5), ("1e3", 1000)])
def test_numbers(given, text, number):
    given(text)
    assert env.env_number(NAME, 7) == number


def test_text_is_no_number(given):
    given("soon")
    with pytest.raises(ImproperlyConfigured, match="'soon'; write a number"):
        env.env_number(NAME, 7)


@pytest.mark.parametrize("text", ["-1", "nan", "inf", "-inf"])
def test_a_number_below_the_minimum_or_without_end_is_refused(given, text):
    given(text)
    with pytest.raises(ImproperlyConfigured, match="it must be at least 0"):
        env.env_number(NAME, 7)


def test_the_minimum_itself_is_taken(given):
    given("0.1")
    assert env.env_number(NAME, 7, minimum=0.1) == 0.1


def test_a_whole_number_is_an_int(given):
    given("2")
    value = env.env_int(NAME, 7)
    assert value == 2
    assert isinstance(value, int)


def test_a_fraction_is_no_whole_number(given):
    given("2.5")
    with pytest.raises(ImproperlyConfigured, match=r"2\.5; write a whole number"):
        env.env_int(NAME, 7)


def test_a_list_drops_blanks_and_empty_parts(given):
    given(" a , ,b,")
    assert env.env_list(NAME) == ["a", "b"]


def test_the_default_of_a_list_is_copied():
    default = ["a"]
    env.env_list(NAME, default).append("b")
    assert default == ["a"]


def test_a_path_is_absolute_and_may_start_at_home(given, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    given("~/hub")
    assert env.env_path(NAME, Path("/usual")) == tmp_path / "hub"


def test_a_relative_path_starts_at_the_current_folder(given, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    given("var")
    assert env.env_path(NAME, Path("/usual")) == tmp_path / "var"


@pytest.mark.parametrize("text", ["default", "gpu-2", "a.b_c", "x" * 64])
def test_names(given, text):
    given(text)
    assert env.env_name(NAME, "usual") == text


@pytest.mark.parametrize("text", ["a b", "a/b", "队列", "x" * 65, "a\n"])
def test_other_text_is_no_name(given, text):
    given(text)
    with pytest.raises(ImproperlyConfigured, match="; write up to 64 letters, digits"):
        env.env_name(NAME, "usual")


@pytest.mark.parametrize("text", ["UTC", "Asia/Shanghai"])
def test_time_zones(given, text):
    given(text)
    assert env.env_time_zone(NAME, "UTC") == text


@pytest.mark.parametrize("text", ["Foo/Bar", "../etc/passwd", "Europe", "/etc", "时区"])
def test_other_text_is_no_time_zone(given, text):
    given(text)
    with pytest.raises(ImproperlyConfigured, match="no time zone; write one such as"):
        env.env_time_zone(NAME, "UTC")


@pytest.mark.parametrize(
    ("text", "code"),
    [("en", "en"), ("en-GB", "en"), ("zh-Hans", "zh-hans"), ("zh_CN", "zh-hans")],
)
def test_languages(given, text, code):
    given(text)
    assert env.env_language(NAME, "en", ["en", "zh-hans"]) == code


@pytest.mark.parametrize("text", ["xx", "zh-hant", "english"])
def test_a_language_that_the_hub_does_not_speak_is_refused(given, text):
    given(text)
    with pytest.raises(ImproperlyConfigured, match=f"'{text}'; the hub speaks: en, zh"):
        env.env_language(NAME, "en", ["en", "zh-hans"])


@pytest.mark.parametrize(
    "text", ["https://hub.example.com", "http://[::1]:8000", "http://h/below"]
)
def test_addresses(given, text):
    given(f"{text}/")
    assert env.env_url(NAME) == text


@pytest.mark.parametrize(
    "text",
    [
        "http://[bad",
        "hub.example.com",
        "ftp://h",
        "https://",
        "http://h:x",
        "http://h:0",
    ],
)
def test_other_text_is_no_address(given, text):
    given(text)
    with pytest.raises(ImproperlyConfigured, match="write the whole address, such as"):
        env.env_url(NAME)


def test_a_redis_url_becomes_keywords():
    options = redis_address.redis_options("redis://:secret@redis.example:6380/2")
    assert options == {
        "host": "redis.example",
        "port": 6380,
        "db": 2,
        "password": "secret",
    }


def test_a_redis_url_may_ask_for_tls():
    assert redis_address.redis_options("rediss://redis.example")["ssl"] is True


def test_a_redis_url_may_name_a_socket():
    options = redis_address.redis_options("unix:///run/redis.sock?db=1")
    assert options == {"unix_socket_path": "/run/redis.sock", "db": 1}


def test_another_scheme_is_no_redis_url():
    with pytest.raises(ImproperlyConfigured, match="REDIS_URL cannot be read"):
        redis_address.redis_options("http://redis.example")


S3 = "s3://my-bucket/"


def test_without_an_address_artifacts_are_files(tmp_path):
    entry = addresses.artifacts_storage("", tmp_path, access_key="k")
    assert entry["BACKEND"] == "django.core.files.storage.FileSystemStorage"
    assert entry["OPTIONS"]["location"] == tmp_path


@pytest.mark.parametrize(
    ("url", "options"),
    [
        (S3, {"location": ""}),
        (S3 + "a/b/", {"location": "a/b"}),
        (
            S3
            + "a?endpoint_url=http%3A%2F%2Fs3%3A9000&region_name=r"
            + "&addressing_style=path",
            {
                "location": "a",
                "endpoint_url": "http://s3:9000",
                "region_name": "r",
                "addressing_style": "path",
            },
        ),
    ],
)
def test_an_address_of_a_bucket_becomes_options(url, options, tmp_path):
    entry = addresses.artifacts_storage(url, tmp_path, access_key="k", secret_key="")
    assert entry["BACKEND"] == "apps.runs.s3.S3Artifacts"
    assert entry["OPTIONS"] == {"bucket_name": "my-bucket", "access_key": "k"} | options


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("gs://bucket", "it names no bucket"),
        ("s3:///prefix", "it names no bucket"),
        ("s3://key:secret@bucket/x", "it names no bucket"),
        ("s3://Bucket", "it names no bucket"),
        ("s3://bucket?acl=public-read", "there is no acl"),
        ("s3://bucket?endpoint_url", "bad query field"),
        ("s3://bucket?endpoint_url=s3.example", "no whole http(s) address"),
        ("s3://bucket?addressing_style=dns", "addressing_style is auto, path or"),
        ("s3://[bad", "Invalid IPv6 URL"),
    ],
)
def test_another_address_is_refused_with_a_reason_and_without_a_key(
    url, reason, tmp_path
):
    with pytest.raises(ImproperlyConfigured, match="ARTIFACTS_URL cannot") as caught:
        addresses.artifacts_storage(url, tmp_path)
    assert reason in str(caught.value)
    assert "secret" not in str(caught.value)


def test_an_option_of_redis_that_is_none_is_named():
    with pytest.raises(ImproperlyConfigured, match="there is no option 'foo'"):
        redis_address.redis_options("redis://redis.example:6379/0?foo=bar")


@pytest.mark.parametrize("path", ["/abc", "/1/2", "/1_0", "/-1", "/%61", "/1?db=x"])
def test_a_number_of_redis_database_that_is_none_is_refused(path):
    with pytest.raises(ImproperlyConfigured, match="REDIS_URL cannot") as caught:
        redis_address.redis_options(f"redis://:s3cret@redis.example:6379{path}")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(("path", "db"), [("/3", 3), ("/3/", 3), ("/?db=4", 4)])
def test_numbers_of_redis_databases(path, db):
    assert redis_address.redis_options(f"redis://redis.example{path}")["db"] == db


@pytest.mark.parametrize("url", ["redis://h%00/0", "unix:///run/%00?db=1"])
def test_a_redis_url_with_a_nul_is_refused(url):
    with pytest.raises(ImproperlyConfigured, match="REDIS_URL cannot be read; %00"):
        redis_address.redis_options(url)


@pytest.mark.parametrize(
    "url",
    [
        "postgres://ann:s3cret%00@db/hub",
        "postgres://ann:s3cret@db/hub%00",
        "postgres://ann:s3cret@db/hub?sslmode=%00",
        "sqlite:////tmp/%00s3cret",
    ],
)
def test_a_database_url_with_a_nul_is_refused(url):
    with pytest.raises(ImproperlyConfigured, match="%00 may stand nowhere") as caught:
        addresses.database(url)
    assert "s3cret" not in str(caught.value)
