"""Lists by keyset: every row once, in order, whichever way they are walked."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Group
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from apps.core.api.paging import MAX_LIMIT, Keyset
from apps.core.errors import InvalidInput

NAMES = [f"page-{letter}" for letter in "abcdefg"]


def parse(text: str) -> str | None:
    return text if text.startswith("page-") else None


RISING = Keyset(column="name", parse=parse)
FALLING = Keyset(column="name", parse=parse, descending=True)


@pytest.fixture
def groups(db):
    """Seven rows, made in no order."""
    Group.objects.bulk_create(Group(name=name) for name in sorted(NAMES, key=hash))
    return Group.objects.filter(name__startswith="page-").values("name")


def page_of(keyset, groups, address):
    """Return the page's names, and the page itself."""
    page = keyset.page(Request(APIRequestFactory().get(address)), groups)
    return [row["name"] for row in page.rows], page


def walk(keyset, groups, address, link):
    """Return the names on all pages from `address` on, following one of its links."""
    found = []
    while address:
        names, page = page_of(keyset, groups, address)
        found = found + names if link == "next" else names + found
        address = getattr(page, link)
    return found


def test_a_page_holds_as_many_rows_as_asked_for(groups):
    assert page_of(RISING, groups, "/list?limit=3")[0] == NAMES[:3]
    assert page_of(RISING, groups, "/list")[0] == NAMES


def test_the_first_page_has_no_previous(groups):
    page = page_of(RISING, groups, "/list?limit=3")[1]
    assert page.previous is None
    assert page.next == "http://testserver/list?limit=3&after=page-c"


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8])
def test_following_next_shows_every_row_once_in_order(groups, limit):
    assert walk(RISING, groups, f"/list?limit={limit}", "next") == NAMES


@pytest.mark.parametrize("limit", [1, 2, 3, 6])
def test_following_previous_from_the_end_shows_every_row_once(groups, limit):
    address = f"/list?limit={limit}&before=page-g"
    assert walk(RISING, groups, address, "previous") == NAMES[:-1]


def test_a_falling_list_starts_with_the_greatest(groups):
    assert walk(FALLING, groups, "/list?limit=3", "next") == NAMES[::-1]
    assert page_of(FALLING, groups, "/list?limit=2&before=page-c")[0] == NAMES[4:2:-1]


def test_previous_leads_back_to_the_page_before(groups):
    _, second = page_of(RISING, groups, "/list?limit=3&after=page-c")
    names, first = page_of(RISING, groups, second.previous)
    assert names == NAMES[:3]
    assert first.previous is None
    assert page_of(RISING, groups, first.next)[0] == NAMES[3:6]


def test_a_new_row_moves_nothing_that_was_not_shown_yet(groups):
    _, page = page_of(RISING, groups, "/list?limit=3")
    Group.objects.create(name="page-aa")
    assert page_of(RISING, groups, page.next)[0] == NAMES[3:6]


def test_the_links_keep_the_filters(groups):
    _, page = page_of(RISING, groups, "/list?status=queued&limit=2&after=page-a")
    assert urlsplit(page.next).query == "status=queued&limit=2&after=page-c"
    assert urlsplit(page.previous).query == "status=queued&limit=2&before=page-b"


def test_an_empty_list_is_a_page_without_neighbours(groups):
    names, page = page_of(RISING, groups.none(), "/list")
    assert page.body(names) == {"results": [], "next": None, "previous": None}


def test_a_page_is_one_query(groups, django_assert_num_queries):
    with django_assert_num_queries(1):
        page_of(RISING, groups, "/list?limit=3&after=page-c")


@pytest.mark.parametrize("mark", ["nowhere", "", "page-%00"])
def test_a_place_that_is_none_is_refused(groups, mark):
    with pytest.raises(InvalidInput, match="It is not a place in this list") as caught:
        page_of(RISING, groups, f"/list?after={mark}")
    assert list(caught.value.fields) == ["after"]


def test_after_and_before_at_once_are_refused(groups):
    with pytest.raises(InvalidInput, match="Give either after or before, not both"):
        page_of(RISING, groups, "/list?after=page-a&before=page-c")


def test_a_limit_over_the_most_is_refused(groups):
    with pytest.raises(InvalidInput, match="Write a whole number from 1 to 200"):
        page_of(RISING, groups, f"/list?limit={MAX_LIMIT + 1}")
