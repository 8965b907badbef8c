"""Another configuration in the place of the current one: in one step, kept as it was owned, with a way back."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gate.config import apply
from gate.config.apply import KEPT, CannotApply, backups, made_at, place_of, read, swap

NOW = datetime(2026, 11, 21, 14, 0, 0, 5, tzinfo=UTC)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    path = tmp_path / "gate.yaml"
    path.write_bytes(b"old")
    return path


def names(place: Path) -> list[str]:
    return sorted(one.name for one in place.parent.iterdir())


def test_the_new_one_is_there_and_the_old_one_beside_it(place: Path) -> None:
    backup = swap(place, b"new", b"old", NOW)
    assert backup is not None
    assert (place.read_bytes(), backup.read_bytes()) == (b"new", b"old")
    assert names(place) == ["gate.yaml", "gate.yaml.backup-20261121T140000.000005Z"]
    assert made_at(backup) == NOW


def test_mode_and_owner_stay(place: Path) -> None:
    place.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(place, 12_345, 54_321)
    owner = place.stat().st_uid, place.stat().st_gid
    backup = swap(place, b"new", b"old", NOW)
    assert backup is not None
    for file in (place, backup):
        status = file.stat()
        assert stat.S_IMODE(status.st_mode) == 0o640
        assert (status.st_uid, status.st_gid) == owner


def test_it_is_another_file_so_that_a_reader_never_sees_half_of_it(place: Path) -> None:
    with place.open("rb") as reading:
        swap(place, b"new", b"old", NOW)
        assert reading.read() == b"old"


def test_the_first_one(tmp_path: Path) -> None:
    place = tmp_path / "gate.yaml"
    assert read(place) is None
    assert swap(place, b"new", None, NOW) is None
    assert names(place) == ["gate.yaml"]
    assert stat.S_IMODE(place.stat().st_mode) == 0o644


def test_the_last_ten_are_kept_newest_first(place: Path) -> None:
    (place.parent / "gate.yaml.backup-mine").write_text("not ours")
    (place.parent / "gate.yaml2.backup-20261121T140000.000005Z").write_text("another file's")
    content = b"old"
    for number in range(KEPT + 3):
        new = str(number).encode()
        swap(place, new, content, NOW + timedelta(seconds=number))
        content = new
    assert [one.read_bytes() for one in backups(place)] == [str(number).encode() for number in range(KEPT + 1, 1, -1)]
    assert "gate.yaml.backup-mine" in names(place)
    assert "gate.yaml2.backup-20261121T140000.000005Z" in names(place)


def test_what_was_changed_meanwhile_is_not_overwritten(place: Path) -> None:
    place.write_bytes(b"somebody else's")
    with pytest.raises(CannotApply, match="was changed meanwhile"):
        swap(place, b"new", b"old", NOW)
    assert names(place) == ["gate.yaml"]


def test_a_failure_changes_nothing(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fsync
    left = 2  # the backup and its directory

    def full(descriptor: int) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(28, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(apply.os, "fsync", full)
    with pytest.raises(CannotApply, match=r"gate.yaml cannot be replaced: No space left on device"):
        swap(place, b"new", b"old", NOW)
    assert place.read_bytes() == b"old"
    assert names(place) == ["gate.yaml"]


@pytest.mark.parametrize(
    ("number", "said"), [(16, "it is mounted. Change it where it comes from"), (13, "run this as its owner")]
)
def test_refusals_say_what_to_do(place: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str) -> None:
    def refuse(self: Path, target: Path) -> Path:
        raise OSError(number, "no")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(CannotApply, match=said):
        swap(place, b"new", b"old", NOW)
    assert names(place) == ["gate.yaml"]


def test_a_symbolic_link_stays_one(place: Path, tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    link = tmp_path / "etc" / "gate.yaml"
    link.symlink_to("../gate.yaml")
    assert place_of(link) == place
    swap(place_of(link), b"new", b"old", NOW)
    assert link.is_symlink()
    assert link.read_bytes() == b"new"
    assert place_of(tmp_path / "none.yaml") == tmp_path / "none.yaml"


def test_a_mounted_config_map_is_refused(tmp_path: Path) -> None:
    """As the kubelet makes it: gate.yaml -> ..data/gate.yaml, ..data -> ..2026_11_21_14_00_00.1/"""
    real = tmp_path / "..2026_11_21_14_00_00.1"
    real.mkdir()
    (real / "gate.yaml").write_bytes(b"old")
    (tmp_path / "..data").symlink_to(real.name)
    (tmp_path / "gate.yaml").symlink_to("..data/gate.yaml")
    outside = tmp_path / "link.yaml"
    outside.symlink_to("gate.yaml")
    for path in (tmp_path / "gate.yaml", outside):
        with pytest.raises(CannotApply, match=r"mounted from a ConfigMap .* change the ConfigMap"):
            place_of(path)


def test_links_that_go_round(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(CannotApply, match="go round"):
        place_of(tmp_path / "a")


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(CannotApply, match="cannot be read: Is a directory"):
        read(tmp_path)
    assert backups(tmp_path / "none" / "gate.yaml") == []
