import re
from collections import Counter

import pytest

from lambda_magic.widgets.javascript import STATIC, module, style

FILES = sorted(path.name for path in STATIC.glob("*.mjs"))


def test_a_module_has_what_it_imports_before_itself_and_once() -> None:
    text = module("monitor.mjs")

    assert not re.search(r"^import ", text, re.MULTILINE)
    assert re.findall(r"^export .*", text, re.MULTILINE) == ["export default { render };"]
    assert text.count("class Records {") == 1
    assert text.index("class Records {") < text.index("class MonitorView {")


def test_no_name_is_used_by_two_files() -> None:
    found = re.findall(
        r"^(?:export )?(?:async )?(?:function|class|const|let) (\w+)",
        module("monitor.mjs"),
        re.MULTILINE,
    )

    assert [name for name, times in Counter(found).items() if times > 1] == []


@pytest.mark.parametrize("name", FILES)
def test_a_script_needs_nothing_from_the_network(name: str) -> None:
    source = (STATIC / name).read_text()

    assert "http" not in source
    assert all(path.startswith("./") for path in re.findall(r'from "(.*?)"', source))


def test_the_style_is_for_the_monitor_alone() -> None:
    selectors = re.findall(r"^([^\s@{}][^{]*)\{", style("monitor.css"), re.MULTILINE)

    assert selectors
    assert all(part.strip().startswith(".lm-") for one in selectors for part in one.split(","))
