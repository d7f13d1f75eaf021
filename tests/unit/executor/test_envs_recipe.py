"""With which commands and variables environments are made, and what logs may show."""

from __future__ import annotations

from pathlib import Path

import pytest

from apps.executor.envs import recipe
from apps.executor.envs.masking import Mask
from apps.executor.envs.recipe import Builder, NoBuilder, find_uv, steps
from apps.executor.envs.variables import has_no_index, secrets, variables
from apps.executor.envs.wanted import Wanted, base_python

TARGET = Path("/envs/key/build")
WANTED = Wanted(("alpha>=1", "beta"))


def build_env(**base: str) -> dict[str, str]:
    return variables(base, cache=Path("/cache"), temporary=Path("/tmp/b"), marks={})


@pytest.mark.parametrize("uv", ["/bin/uv", None])
def test_no_requirement_can_pass_as_an_option(uv):
    install = steps(WANTED, TARGET, uv=uv)[1].argv

    assert install[install.index("--") + 1 :] == ("alpha>=1", "beta")


def test_a_fresh_interpreter_is_that_below_the_hubs_own_environment():
    venv, *_ = steps(WANTED, TARGET, uv="/bin/uv")

    assert base_python() in venv.argv
    assert ".venv" not in base_python()


def test_uv_looks_for_another_python_where_this_one_does_not_fit():
    wanted = Wanted(("alpha",), ">=3.99", fits_here=False)

    assert ">=3.99" in steps(wanted, TARGET, uv="/bin/uv")[0].argv
    with pytest.raises(NoBuilder, match=r"needs Python >=3\.99 and the worker runs on"):
        steps(wanted, TARGET, uv=None)


def test_the_hubs_own_pip_is_used_where_it_is_new_enough(monkeypatch):
    monkeypatch.setattr(recipe, "own_pip", lambda: True)
    assert "--without-pip" in steps(WANTED, TARGET, uv=None)[0].argv

    monkeypatch.setattr(recipe, "own_pip", lambda: False)
    assert steps(WANTED, TARGET, uv=None)[1].argv[0] == f"{TARGET}/bin/python"


def test_pip_is_used_where_it_is_demanded_or_there_is_no_uv(tmp_path):
    assert find_uv(Builder.PIP, None) is None
    assert find_uv(Builder.AUTO, str(tmp_path)) is None
    with pytest.raises(NoBuilder, match="ENV_BUILDER is uv"):
        find_uv(Builder.UV, str(tmp_path))


def test_what_belongs_together_has_one_key():
    assert Wanted(("b", "a")).key == Wanted(("a", "b")).key
    keys = {
        Wanted(("a",)).key,
        Wanted(("a", "b")).key,
        Wanted(("a",), ">=3.11").key,
        Wanted(("a>=1",)).key,
    }
    assert len(keys) == 4
    assert all(key.isalnum() for key in keys)


def test_a_build_gets_what_is_named_and_nothing_else():
    env = build_env(
        SECRET_KEY="s",
        DATABASE_URL="d",
        PYTHONPATH="/hub",
        PIP_TARGET="/hub",
        VIRTUAL_ENV="/hub",
        PIP_INDEX_URL="https://index/simple",
        HTTPS_PROXY="http://proxy",
    )

    assert env["PIP_INDEX_URL"] == "https://index/simple"
    assert env["HTTPS_PROXY"] == "http://proxy"
    assert not env.keys() & {"SECRET_KEY", "DATABASE_URL", "PYTHONPATH", "PIP_TARGET"}
    assert env["TMPDIR"] == env["HOME"] == "/tmp/b"
    assert env["PIP_CACHE_DIR"].startswith("/cache")


def test_uv_is_told_what_pip_was_told():
    env = build_env(PIP_INDEX_URL="https://index/simple", PIP_FIND_LINKS="/wheels")

    assert env["UV_DEFAULT_INDEX"] == "https://index/simple"
    assert env["UV_FIND_LINKS"] == "/wheels"


def test_what_was_said_to_uv_itself_stands():
    env = build_env(PIP_INDEX_URL="https://pip/simple", UV_INDEX="https://uv/simple")

    assert env["UV_INDEX"] == "https://uv/simple"
    assert "UV_DEFAULT_INDEX" not in env


def test_no_python_is_downloaded_unless_the_operator_says_so():
    assert build_env()["UV_PYTHON_DOWNLOADS"] == "never"
    assert (
        build_env(UV_PYTHON_DOWNLOADS="automatic")["UV_PYTHON_DOWNLOADS"] == "automatic"
    )


@pytest.mark.parametrize(("said", "is_so"), [("1", True), ("true", True), ("0", False)])
def test_no_index_is_what_pip_takes_it_for(said, is_so):
    assert has_no_index({"PIP_NO_INDEX": said}) is is_so


def test_passwords_are_found_in_addresses_and_variables():
    found = secrets(
        build_env(
            PIP_INDEX_URL="https://ann:pass%21word@index/simple",
            PIP_EXTRA_INDEX_URL="https://token-123@index/simple https://plain/simple",
            UV_INDEX_MINE_PASSWORD="another-one",
        )
    )

    assert set(found) == {"pass%21word", "pass!word", "token-123", "another-one"}


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_no_secret_is_shown_however_the_output_is_cut(size):
    mask = Mask(["hunter22"])
    text = b"at https://ann:hunter22@host/x\nalso hunter22 and https://u:p@h\nend"

    blocks = [text[i : i + size] for i in range(0, len(text), size)]
    shown = b"".join([*map(mask.take, blocks), mask.finish()])

    assert shown == b"at https://****@host/x\nalso **** and https://****@h\nend"


def test_a_line_without_end_is_let_go_in_parts_and_masked_all_the_same():
    mask = Mask(["hunter22"])
    text = (b"x" * 65533 + b"hunter22") * 3

    shown = [mask.take(text[i : i + 1000]) for i in range(0, len(text), 1000)]

    assert sum(map(len, shown)) > 100_000
    assert b"hunter22" not in b"".join([*shown, mask.finish()])
