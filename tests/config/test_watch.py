"""A changed file is noticed once."""

import asyncio
from pathlib import Path

from gate.config.watch import fingerprint, watch


def test_a_change_and_a_swapped_link_are_noticed_and_a_missing_file_is_not(tmp_path: Path) -> None:
    first, second, link = tmp_path / "1", tmp_path / "2", tmp_path / "config"
    first.write_text("a")
    second.write_text("a")
    link.symlink_to(first)
    changes: list[int] = []

    async def scenario() -> None:
        watching = asyncio.create_task(watch(lambda: [link], lambda: changes.append(1), 0.01))
        await asyncio.sleep(0.05)
        assert changes == []
        first.write_text("longer")
        await asyncio.sleep(0.05)
        assert len(changes) == 1
        other = tmp_path / "other"
        other.symlink_to(second)
        other.replace(link)
        await asyncio.sleep(0.05)
        assert len(changes) == 2
        link.unlink()
        await asyncio.sleep(0.05)
        assert len(changes) == 2
        watching.cancel()

    asyncio.run(scenario())
    assert fingerprint(link) is None
