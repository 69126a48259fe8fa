"""What runs where: which program of this machine runs which of Lambda's runtimes. One table.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
"""

import re
from dataclasses import dataclass

#: A version by its numbers, and as many of them as tell a runtime: (3, 12) or (20,).
Version = tuple[int, ...]

_IDENTIFIER = re.compile(r"([a-z]+)(\d+(?:\.\d+)?)(?:\.x|\.al2|\.al2023)?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Language:
    """A language with runtimes of its own, and its interpreters."""

    #: What the identifiers of its runtimes begin with, and AWS's base image is called.
    name: str
    #: As people call what they install.
    title: str
    #: What its programs are called, as a pattern for file names.
    programs: str
    #: Where they are besides PATH, as patterns for paths: what version managers install. A word
    #: in braces is an environment variable, with what stands in for one that is not set.
    places: tuple[str, ...]
    #: How many numbers of its version a runtime is named by.
    precision: int
    #: The oldest version that our runtime client runs on.
    oldest: Version
    #: Whether a neighbouring version may run it where the exact one is missing.
    has_substitutes: bool
    #: How to get one; {version} is the runtime's.
    installation: str
    #: Whether it works at any path, and not just where it was installed.
    is_relocatable: bool = True

    def image(self, version: Version) -> str:
        """AWS's base image for a version."""
        return f"public.ecr.aws/lambda/{self.name}:{text(version)}"


PYTHON = Language(
    name="python",
    title="Python",
    programs="python3.*[0-9]",
    places=(
        "{PYENV_ROOT:~/.pyenv}/versions/*/bin",
        "{UV_PYTHON_INSTALL_DIR:~/.local/share/uv/python}/cpython-*/bin",
    ),
    precision=2,
    oldest=(3, 8),
    # Compiled packages are for one version only.
    has_substitutes=False,
    installation="uv python install {version}, or pyenv install {version}",
)
NODE = Language(
    name="nodejs",
    title="Node.js",
    programs="node",
    places=(
        "{NVM_DIR:~/.nvm}/versions/node/*/bin",
        "{FNM_DIR:~/.local/share/fnm}/node-versions/*/installation/bin",
        "{VOLTA_HOME:~/.volta}/tools/image/node/*/bin",
        "{ASDF_DATA_DIR:~/.asdf}/installs/nodejs/*/bin",
        "{MISE_DATA_DIR:~/.local/share/mise}/installs/node/*/bin",
        "{N_PREFIX:/usr/local}/n/versions/node/*/bin",
        "{HOMEBREW_PREFIX:/opt/homebrew}/opt/node@*/bin",
    ),
    precision=1,
    oldest=(16,),
    has_substitutes=True,
    installation="nvm install {version}, or the package nodejs",
)
RUBY = Language(
    name="ruby",
    title="Ruby",
    programs="ruby*",
    places=(
        "{RBENV_ROOT:~/.rbenv}/versions/*/bin",
        "{rvm_path:~/.rvm}/rubies/*/bin",
        "~/.rubies/*/bin",
        "{ASDF_DATA_DIR:~/.asdf}/installs/ruby/*/bin",
        "{MISE_DATA_DIR:~/.local/share/mise}/installs/ruby/*/bin",
        "{HOMEBREW_PREFIX:/opt/homebrew}/opt/ruby*/bin",
    ),
    precision=2,
    oldest=(2, 7),
    has_substitutes=True,
    installation="rbenv install {version}, or the package ruby",
    is_relocatable=False,
)
JAVA = Language(
    name="java",
    title="JDK",
    programs="java",
    places=(
        "{JAVA_HOME:/usr/lib/jvm/default-java}/bin",
        "/usr/lib/jvm/*/bin",
        "{SDKMAN_DIR:~/.sdkman}/candidates/java/*/bin",
        "{ASDF_DATA_DIR:~/.asdf}/installs/java/*/bin",
        "{MISE_DATA_DIR:~/.local/share/mise}/installs/java/*/bin",
        "/Library/Java/JavaVirtualMachines/*/Contents/Home/bin",
        "{HOMEBREW_PREFIX:/opt/homebrew}/opt/openjdk*/libexec/openjdk.jdk/Contents/Home/bin",
    ),
    precision=1,
    oldest=(17,),
    has_substitutes=True,
    installation="sdk install java, or the package openjdk-{version}-jdk-headless",
)

LANGUAGES = (PYTHON, NODE, RUBY, JAVA)
#: The runtimes whose functions bring the program that runs them: `bootstrap`.
OS_ONLY = ("provided.al2023", "provided.al2")


def language_of(runtime: str) -> tuple[Language, Version] | None:
    """The language of a runtime, and its version; None for OS-only runtimes and unknown ones.

    >>> language, version = language_of("nodejs20.x")
    >>> language.title, version
    ('Node.js', (20,))
    """
    if match := _IDENTIFIER.fullmatch(runtime):
        for language in LANGUAGES:
            if language.name == match[1]:
                return language, numbers(match[2])
    return None


def numbers(version: str) -> Version:
    """The numbers of a version: "20.1.0-rc1" begins with 20, 1 and 0."""
    match = re.match(r"\d+(\.\d+)*", version)
    return tuple(map(int, match[0].split("."))) if match else ()


def text(version: Version) -> str:
    """A version as it is written."""
    return ".".join(map(str, version))
