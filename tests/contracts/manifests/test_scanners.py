"""Other people's rules: yamllint, trivy, hadolint, Compose. None asks a network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

from tests.contracts.manifests.documents import (
    BASE,
    MAINTENANCE,
    SCALE,
    rendered,
    tool,
)
from tests.contracts.sources import ROOT

YAMLLINT = """
extends: default
rules:
  document-start: disable
  line-length: {max: 92}
  comments: {min-spaces-from-content: 1}
"""
# What trivy says that is meant so, and why.
ACCEPTED = {
    # The guide's images bear `latest`; deploy/scale says how to name a version.
    "KSV-0013",
    # Redis and PostgreSQL run as the users that their images have.
    "KSV-0020",
    "KSV-0021",
}
# Its name is what trivy goes by; its value says only that there has to be a key.
NO_SECRET = '{"REQUIRE_SECRET_KEY"}'
TRIVY = [
    *("config", "--quiet", "--format", "json", "--config", "", "--ignorefile", ""),
    *("--skip-check-update", "--skip-version-check", "--disable-telemetry"),
    *("--misconfig-scanners", "kubernetes,dockerfile"),
]


def run(name, *arguments, cwd=ROOT):
    return subprocess.run(
        [tool(name), *arguments],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "HOME": str(cwd)},
        capture_output=True,
        text=True,
        check=False,
    )


def scan(folder):
    """Return what trivy finds in a folder: (file, rule, sentence)."""
    done = run("trivy", *TRIVY, "--cache-dir", str(folder / "cache"), str(folder))
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout).get("Results") or []
    return {
        (result["Target"], fault["ID"], fault["Message"])
        for result in results
        for fault in result.get("Misconfigurations") or []
    }


def test_yaml_is_well_formed(tmp_path):
    (tmp_path / "doubled.yaml").write_text("a: 1\na: 2\n", encoding="utf-8")
    files = [BASE, BASE / "Kustomization", SCALE, MAINTENANCE]

    done = run("yamllint", "--strict", "-d", YAMLLINT, *map(str, files))
    seen = run("yamllint", "--strict", "-d", YAMLLINT, str(tmp_path))

    assert done.returncode == 0, done.stdout
    assert "duplication of key" in seen.stdout


def test_trivy_finds_nothing_that_is_not_meant_so(tmp_path):
    for path in BASE.glob("*.yaml"):
        shutil.copy(path, tmp_path)
    for path in MAINTENANCE.glob("*.yaml"):
        shutil.copy(path, tmp_path / f"maintenance-{path.name}")
    (tmp_path / "scale.yaml").write_text(rendered(SCALE), encoding="utf-8")
    shutil.copy(ROOT / "Dockerfile", tmp_path)
    api = (BASE / "api.yaml").read_text(encoding="utf-8")
    (tmp_path / "broken.yaml").write_text(
        api.replace("allowPrivilegeEscalation: false", "privileged: true"),
        encoding="utf-8",
    )

    found = scan(tmp_path)

    # Else it would find nothing anywhere.
    assert {"KSV-0017", "KSV-0001"} <= {rule for file, rule, _ in found if "br" in file}
    real = {
        fault
        for fault in found
        if fault[0] != "broken.yaml" and NO_SECRET not in fault[2]
    }
    assert {fault for fault in real if fault[1] not in ACCEPTED} == set()
    assert {rule for _file, rule, _text in real} == ACCEPTED


def test_the_dockerfile_is_well_written():
    done = run("hadolint", "--config", os.devnull, "Dockerfile")

    assert done.returncode == 0, done.stdout


def test_the_compose_file_is_one():
    done = run("docker-compose", "-f", "compose.yaml", "config", "--quiet")

    assert done.returncode == 0, done.stderr
