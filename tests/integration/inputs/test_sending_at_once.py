"""Files that one person sends at once stay within their limit together."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest
from django import db

from apps.core.errors import TooLarge
from apps.runs import services
from apps.runs.models import Upload
from apps.runs.services import uploads

# How long the first waits for the second to have looked as well, which it must not.
APART_S = 1


@pytest.mark.django_db(transaction=True)
def test_two_that_fit_singly_are_not_both_kept(
    ann, scripts_dir, settings, monkeypatch, kept_files
):
    settings.UPLOAD_QUOTA_BYTES = 10
    begun, looked = Barrier(2), Barrier(2)
    check = uploads._check_size

    def check_together(user, size):
        check(user, size)
        with suppress(BrokenBarrierError):
            (looked if size else begun).wait(APART_S if size else 20)

    def send(content):
        try:
            services.store_upload(user=ann, name="a", chunks=[content])
        except TooLarge as exc:
            return str(exc)
        finally:
            db.connections.close_all()
        return "kept"

    monkeypatch.setattr(uploads, "_check_size", check_together)
    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(send, [b"x" * 6, b"y" * 7]))

    assert said[1] == "kept"
    assert "UPLOAD_QUOTA_BYTES" in said[0]
    assert Upload.objects.count() == len(kept_files()) == 1
