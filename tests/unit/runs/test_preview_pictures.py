"""Pictures, known by how they begin."""

from __future__ import annotations

import struct

import pytest

from apps.runs.previews import Kind, look, read_picture

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 640, 480) + b"\x08\2\0\0\0"
GIF = b"GIF89a" + struct.pack("<HH", 10, 20) + b"\0\0\0"
# What a camera writes comes before the size.
JPEG = (
    b"\xff\xd8\xff\xe1\0\x10"
    + b"\xff\xc0" * 7
    + b"\xff\xc0\0\x11\x08"
    + struct.pack(">HH", 30, 40)
    + b"\3" * 10
)
WEBP = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\x63\0\0" + b"\x31\0\0"
LOSSLESS = b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f" + struct.pack("<I", 99 | 49 << 14)
LOSSY = b"RIFF\0\0\0\0WEBPVP8 " + b"\0" * 10 + struct.pack("<HH", 100, 50)


@pytest.mark.parametrize(
    ("data", "kind", "size"),
    [
        (PNG, "image/png", (640, 480)),
        (GIF, "image/gif", (10, 20)),
        (JPEG, "image/jpeg", (40, 30)),
        (WEBP, "image/webp", (100, 50)),
        (LOSSLESS, "image/webp", (100, 50)),
        (LOSSY, "image/webp", (100, 50)),
        (b"<svg xmlns='x'>", "image/svg+xml", (0, 0)),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- a > b -->\n<!DOCTYPE svg>\n<svg>', "image/svg+xml", (0, 0)),
    ],
)  # fmt: skip
def test_a_picture_is_known_by_its_beginning(data, kind, size):
    picture = read_picture(data)

    assert picture.media_type == kind
    assert (picture.width, picture.height) == size


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG",
        b"<html><svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"<svgx>",
        b"<!--" + b"<!---->" * 5000,
        b"\xff\xd8",
        b"RIFF\0\0\0\0WAVE",
        b"BM",
    ],
)
def test_nothing_else_is_one(data):
    assert read_picture(data) is None


@pytest.mark.parametrize("data", [PNG, GIF, JPEG, WEBP, LOSSLESS, LOSSY])
def test_a_picture_that_is_cut_anywhere_breaks_nothing(data):
    for end in range(len(data)):
        read_picture(data[:end])


def test_the_name_alone_makes_no_picture():
    preview = look("a.png", "image/png", b"<script>", 8)

    assert preview.kind is Kind.OTHER
    assert preview.picture is None


def test_one_with_too_many_pixels_is_not_shown():
    data = PNG[:16] + struct.pack(">II", 30_000, 30_000)

    preview = look("a.png", "image/png", data, 1000)

    assert preview.picture is None
    assert preview.notes == ["It has 30000 × 30000 pixels, too many; download it."]


def test_one_with_too_many_bytes_is_not_shown():
    preview = look("a.png", "image/png", PNG, 30 * 2**20)

    assert preview.picture is None
    assert "larger than 20.0\xa0MB" in preview.notes[0]
