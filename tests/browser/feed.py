"""A site of the test's own that serves one feed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

TITLE = "Notes <script>document.title = 'taken'</script> of the night shift"
TITLES = (
    "The <script>document.title = 'taken'</script> of the week",
    'Picture: "><img src=x onerror=alert(1)>',
    "磁盘已满 & other news",
)


@contextmanager
def feed_site() -> Iterator[str]:
    """Serve the feed TITLE with items of TITLES; yields its address."""
    server = HTTPServer(("127.0.0.1", 0), _Site)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/feed.xml"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        # A title is HTML within XML: what is to be read as a tag is escaped twice.
        items = "".join(
            f"<item><title>{escape(escape(title))}</title>"
            f"<link>http://127.0.0.1/{number}</link></item>"
            for number, title in enumerate(TITLES)
        )
        body = (
            '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
            f"<title>{escape(escape(TITLE))}</title><link>http://127.0.0.1/</link>"
            f"<description>What happened</description>{items}</channel></rss>"
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""
