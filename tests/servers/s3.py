"""A server that speaks S3: moto's, which keeps its buckets in memory."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.servers.server import Server

REGION = "eu-central-1"
KEYS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "not a secret"}


class S3Server(Server):
    """One S3 on a free port; killing or restarting it loses its buckets."""

    title = "The S3-compatible server"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def argv(self) -> Sequence[str]:
        return [str(self.program), "-m", "moto.server", "-p", str(self.port)]

    def answers(self) -> bool:
        try:
            self.client().list_buckets()
        except (BotoCoreError, ClientError):
            return False
        return True

    def client(self):
        """Return a client that waits two seconds at most."""
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
            config=Config(
                connect_timeout=2, read_timeout=2, retries={"total_max_attempts": 1}
            ),
        )

    def artifacts_url(self, bucket: str, prefix: str = "hub") -> str:
        """Make a bucket, and return the ARTIFACTS_URL that means it."""
        self.client().create_bucket(
            Bucket=bucket,
            CreateBucketConfiguration={"LocationConstraint": REGION},
        )
        return self.url_of(bucket, prefix)

    def url_of(self, bucket: str, prefix: str = "hub") -> str:
        """Return the ARTIFACTS_URL of a bucket, which need not be there."""
        endpoint = quote(self.url, safe="")
        return f"s3://{bucket}/{prefix}?endpoint_url={endpoint}&region_name={REGION}"

    def keys_in(self, bucket: str) -> list[str]:
        """Return the names of all objects of a bucket."""
        found = self.client().list_objects_v2(Bucket=bucket)
        return [entry["Key"] for entry in found.get("Contents", [])]


def s3_server() -> S3Server:
    """Return a context manager that runs one."""
    return S3Server(Path(sys.executable))
