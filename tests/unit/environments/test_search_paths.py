import pytest

from lambda_magic.environments.search_paths import Roots, search_paths

LIBRARIES = "/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"


@pytest.mark.parametrize(
    ("runtime", "own"),
    [
        ("python3.13", {"PYTHONPATH": "/var/runtime"}),
        (
            "nodejs20.x",
            {
                "NODE_PATH": "/opt/nodejs/node20/node_modules:/opt/nodejs/node_modules:"
                "/var/runtime/node_modules:/var/runtime:/var/task"
            },
        ),
        (
            "ruby3.3",
            {
                "GEM_HOME": "/var/runtime",
                "GEM_PATH": "/var/task/vendor/bundle/ruby/3.3.0:/opt/ruby/gems/3.3.0:"
                "/var/runtime:/var/runtime/ruby/3.3.0",
                "RUBYLIB": "/var/task:/var/runtime/lib:/opt/ruby/lib",
            },
        ),
        ("java21", {"CLASSPATH": "/var/task:/var/task/lib/*:/opt/java/lib/*"}),
        ("java8.al2", {"CLASSPATH": "/var/task:/var/task/lib/*:/opt/java/lib/*"}),
        ("dotnet8", {}),
    ],
)
def test_each_language_has_its_own(runtime: str, own: dict[str, str]) -> None:
    assert search_paths(runtime, Roots()) == {
        "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "LD_LIBRARY_PATH": f"/var/lang/lib:{LIBRARIES}",
        **own,
    }


@pytest.mark.parametrize("runtime", ["provided", "provided.al2023"])
def test_a_runtime_that_brings_its_own_language_has_none(runtime: str) -> None:
    assert search_paths(runtime, Roots(programs=None, libraries=None)) == {
        "PATH": "/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "LD_LIBRARY_PATH": LIBRARIES,
    }


def test_they_follow_the_roots() -> None:
    roots = Roots(task="/t", runtime="/r", opt="/o", programs="/p/bin", libraries="/p/lib")

    assert search_paths("nodejs22.x", roots) == {
        "PATH": "/p/bin:/usr/local/bin:/usr/bin/:/bin:/o/bin",
        "LD_LIBRARY_PATH": "/p/lib:/lib64:/usr/lib64:/r:/r/lib:/t:/t/lib:/o/lib",
        "NODE_PATH": "/o/nodejs/node22/node_modules:/o/nodejs/node_modules:/r/node_modules:/r:/t",
    }
