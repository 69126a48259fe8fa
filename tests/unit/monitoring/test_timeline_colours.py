from lambda_magic.monitoring.timeline_colours import COLOURS, INVOKE_COLOURS, version_style


def test_neighbouring_versions_differ() -> None:
    styles = [version_style(version) for version in ("$LATEST", "1", "2", "3", "4")]

    assert styles == [0, 1, 2, 0, 1]
    assert max(styles) < len(INVOKE_COLOURS)


def test_no_two_phases_look_alike() -> None:
    colours = [*COLOURS.values(), *INVOKE_COLOURS]

    assert len(set(colours)) == len(colours)
