"""The folders in which one run works, and whoever asks whether it still does."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from django.conf import settings

from apps.runs.models import Run
from apps.runs.removal import remove_tree

KeepOn = Callable[[], bool]


class Abandoned(Exception):
    """The run is not this worker's any more, and so neither is what it left."""


def go_on_if(keep_on: KeepOn) -> None:
    """Raise Abandoned at a no."""
    if not keep_on():
        raise Abandoned


@dataclass(frozen=True)
class Folders:
    """Where one run works: `work` is its current folder, `listed` is $HUB_ARTIFACTS."""

    home: Path

    # Each is asked for several times a run, and making a path is not cheap.
    @cached_property
    def work(self) -> Path:
        return self.home / "work"

    @cached_property
    def temporary(self) -> Path:
        return self.home / "tmp"

    @cached_property
    def build(self) -> Path:
        """Where the script's environment is built, if it is; made by whoever does."""
        return self.home / "build"

    @cached_property
    def listed(self) -> Path:
        return self.home / "artifacts"

    def make(self, keep_on: Callable[[], bool] = lambda: True) -> None:
        """Make them, empty, for nobody else to read. Raises OSError.

        What an earlier claim left behind that never began goes first. `keep_on` is
        asked at each file of that, which may be many; raises Abandoned at a no.
        """
        try:
            self.home.mkdir(parents=True)
        except FileExistsError:
            for _ in remove_tree(self.home):
                go_on_if(keep_on)
            self.home.mkdir()
        self.work.mkdir(mode=0o700)
        self.temporary.mkdir(mode=0o700)
        self.listed.touch(mode=0o600, exist_ok=False)

    def remove(self, beat: Callable[[], object] = lambda: None) -> None:
        """Remove them with all that is in them; what cannot be is swept up later.

        `beat` is called at each file, of which there may be many.
        """
        try:
            # Most runs leave nothing, and a walk costs several times as much.
            self.listed.unlink()
            for folder in (self.temporary, self.work, self.home):
                folder.rmdir()
        except OSError:
            with suppress(OSError):
                for _ in remove_tree(self.home):
                    beat()


def folders(run: Run) -> Folders:
    """Return the folders of a run; they exist only while it runs."""
    return _folders(settings.DATA_DIR, run.pk)


@lru_cache(maxsize=1)
def _folders(data: str | Path, run_id: uuid.UUID) -> Folders:
    return Folders(Path(f"{data}/runs/{run_id}"))
