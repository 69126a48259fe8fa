import shutil
from pathlib import Path

from lambda_magic.environments.container_owner import HOME_LABEL, OWNER_LABEL, ContainerOwner
from lambda_magic.environments.engine import Engine, ImageSummary


class Containers(Engine):
    """An engine with a container and an image of each of these labels, and what is left of them."""

    def __init__(self, *labels: dict[str, str]) -> None:
        super().__init__()
        self._labels = {str(number): one for number, one in enumerate(labels)}
        self.left, self.images_left = set(self._labels), set(self._labels)

    def containers(self, labels: object) -> list[tuple[str, dict[str, str]]]:
        (wanted,) = labels  # type: ignore[misc]
        return [(key, one) for key, one in self._labels.items() if _fits(one, wanted)]

    def remove(self, container: str) -> None:
        self.left.remove(container)

    def images(self, label: str) -> list[ImageSummary]:
        return [
            ImageSummary(image_id=key, names=[], labels=one, size=1)
            for key, one in self._labels.items()
            if _fits(one, label)
        ]

    def remove_image(self, name: str, *, force: bool = True) -> None:
        assert not force, "it would take the name of an image that is in use"
        self.images_left.remove(name)


def _fits(labels: dict[str, str], wanted: str) -> bool:
    name, _, value = wanted.partition("=")
    return labels.get(name) == value


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

    assert mine.remove_orphans(engine) == 6
    assert engine.left == engine.images_left == {"1", "4"}
    assert not dead.directory.exists()
    assert living.directory.exists()
    living.close()
    mine.close()


def test_an_owner_leaves_no_directory(tmp_path: Path) -> None:
    ContainerOwner(tmp_path).close()
    assert sorted(path.name for path in (tmp_path / "containers").iterdir()) == ["guard", "home_id"]
