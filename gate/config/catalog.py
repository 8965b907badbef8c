"""The shipped catalog, read once."""

from functools import cache
from importlib import resources

from gate.catalog.book import CatalogBook, load_book


@cache
def shipped_book() -> CatalogBook:
    """The catalog inside the package. Raises CatalogError only if the package itself is broken."""
    folder = resources.files("gate.catalog").joinpath("data")
    return load_book({entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.name.endswith(".json")})
