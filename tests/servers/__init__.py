"""Real servers and a whole hub, for tests: started on free ports, ended always."""

from __future__ import annotations

from tests.servers.hub import Answer, Hub
from tests.servers.postgres import (
    PostgresServer,
    create_database,
    drop_database,
    postgres_server,
)
from tests.servers.process import Child, ServerMissing, free_port, wait_until
from tests.servers.redis import RedisServer, redis_server

__all__ = [
    "Answer",
    "Child",
    "Hub",
    "PostgresServer",
    "RedisServer",
    "ServerMissing",
    "create_database",
    "drop_database",
    "free_port",
    "postgres_server",
    "redis_server",
    "wait_until",
]
