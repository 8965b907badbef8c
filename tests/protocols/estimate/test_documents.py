"""Pages of PDFs in the forms that programs write."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.protocols.estimate.documents import Pages, pages_of

TREE = b"%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type /Pages /Kids [%s] /Count %d>>endobj\n"
PAGE = b"%d 0 obj<</Type /Page /Parent 2 0 R /MediaBox [0 0 612 792]>>endobj\n"


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def pdf(pages: int, filling: int = 0) -> bytes:
    kids = b" ".join(b"%d 0 R" % (number + 3) for number in range(pages))
    return TREE % (kids, pages) + bytes(filling) + b"".join(PAGE % (number + 3) for number in range(pages))


@pytest.mark.parametrize("pages", [1, 2, 30, 100])
def test_a_page_tree(pages: int) -> None:
    assert pages_of(text(pdf(pages))) == Pages(pages, sure=True)


def test_a_tree_at_the_end_of_a_large_file() -> None:
    assert pages_of(text(bytes(3_000_000) + pdf(12))) == Pages(12, sure=True)


def test_the_root_counts_more_than_its_branches() -> None:
    branch = b"9 0 obj<</Type/Pages/Count 3/Kids[]>>endobj\n" * 4
    assert pages_of(text(branch + pdf(12) + branch)) == Pages(12, sure=True)


def test_a_linearized_file_tells_at_once() -> None:
    head = b"%PDF-1.5\n12 0 obj <</Linearized 1/L 90000/O 14/E 5000/N 7/T 89000/H [ 500 200]>> endobj\n"
    assert pages_of(text(head + bytes(2_000_000))) == Pages(7, sure=True)


def test_pages_without_a_tree() -> None:
    assert pages_of(text(b"%PDF-1.4\n" + PAGE % 3 + PAGE % 4)) == Pages(2, sure=True)


def test_compressed_objects_leave_the_size_to_guess_from() -> None:
    guessed = pages_of(text(b"%PDF-1.7\n" + b"\x13\x37" * 300_000))
    assert guessed == Pages(10, sure=False)
    assert pages_of("") == Pages(1, sure=False)


def test_a_count_that_is_no_number_of_pages_is_bounded() -> None:
    assert pages_of(text(TREE % (b"", 999_999))).number == 3_000


def test_a_hostile_file_costs_little() -> None:
    """Many trees, many counts: only the first few are looked at."""
    assert pages_of(text(b"/Type /Pages /Count 1 " * 12_000)).number == 1
    assert pages_of(text(b"/Linearized " * 20_000)).number >= 1


@given(st.one_of(st.text(max_size=100), st.binary(max_size=100).map(text)))
def test_never_raises(data: str) -> None:
    assert 1 <= pages_of(data).number <= 3_000
