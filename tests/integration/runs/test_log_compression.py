"""How PostgreSQL keeps the text of logs."""

from __future__ import annotations

import pytest
from django.db import connection

pytestmark = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite does not compress"
)


def test_logs_are_compressed_the_quick_way_where_the_server_can(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT enumvals FROM pg_settings WHERE name = 'default_toast_compression'"
        )
        methods = (cursor.fetchone() or ([],))[0]
        cursor.execute(
            "SELECT attcompression FROM pg_attribute WHERE attname = 'text'"
            " AND attrelid = 'runs_logchunk'::regclass"
        )
        [method] = cursor.fetchone()

    assert method == ("l" if "lz4" in methods else "")
