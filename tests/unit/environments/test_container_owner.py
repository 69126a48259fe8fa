import shutil
from pathlib import Path

from lambda_magic.environments.container_owner import HOME_LABEL, OWNER_LABEL, ContainerOwner
from lambda_magic.environments.engine import Engine


class Containers(Engine):
    """An engine that has these containers, and forgets those that are removed."""

    def __init__(self, *labels: dict[str, str]) -> None:
        super().__init__()
        self.there = {str(number): one for number, one in enumerate(labels)}

    def containers(self, labels: object) -> list[tuple[str, dict[str, str]]]:
        (wanted,) = labels  # type: ignore[misc]
        name, _, value = wanted.partition("=")
        return [(key, one) for key, one in self.there.items() if one.get(name) == value]

    def remove(self, container: str) -> None:
        del self.there[container]


def test_a_home_is_the_same_for_all_its_owners(tmp_path: Path) -> None:
    first, second = ContainerOwner(tmp_path), ContainerOwner(tmp_path)
    other = ContainerOwner(tmp_path / "other")
    assert first.home_id == second.home_id != other.home_id
    assert first.name != second.name
    for one in (first, second, other):
        one.close()


def test_what_a_dead_owner_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    living, dead, mine = (ContainerOwner(tmp_path) for _ in range(3))
    ours = {HOME_LABEL: mine.home_id}
    engine = Containers(
        ours | {OWNER_LABEL: dead.name},
        ours | {OWNER_LABEL: living.name},
        ours | {OWNER_LABEL: "../.."},
        ours,
        {HOME_LABEL: "another", OWNER_LABEL: dead.name},
    )
    saved = tmp_path / "saved"
    shutil.copytree(dead.directory, saved)
    dead.close()
    saved.rename(dead.directory)  # As it stays when the process is killed.

    assert mine.remove_orphans(engine) == 3
    assert sorted(engine.there) == ["1", "4"]
    assert not dead.directory.exists()
    assert living.directory.exists()
    living.close()
    mine.close()


def test_an_owner_leaves_no_directory(tmp_path: Path) -> None:
    ContainerOwner(tmp_path).close()
    assert sorted(path.name for path in (tmp_path / "containers").iterdir()) == ["guard", "home_id"]
