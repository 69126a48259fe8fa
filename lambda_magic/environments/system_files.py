"""What a base image is made of: an interpreter and the least of a system, from this machine.

AWS's directories: Python lies in /var/lang, what functions find installed in /var/runtime. Each
file is named with where it goes and where it comes from; `base_image` makes an image of them.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from lambda_magic.environments.interpreters import Interpreter

#: Parts of the standard library that no function needs.
_LEFT_OUT = re.compile(
    r"(^|/)(tests?|idlelib|turtledemo|tkinter|lib2to3|config-[^/]*|site-packages|dist-packages)/"
    r"|_tkinter\..*|(^|/)__pycache__/.*\.opt-\d\.pyc$"
)
#: What is a link into /usr on most machines; an image then has the same links.
MERGED_DIRECTORIES = ("bin", "lib", "lib32", "lib64", "sbin")
#: Where loaders look by themselves: a library from elsewhere goes to the interpreter's own.
_SYSTEM_LIBRARIES = re.compile(r"/(usr/)?lib(32|64|x32)?(/[^/]+-linux-[^/]+)?")
#: What programs load by name when they need it, so that `ldd` does not tell: name resolution, and
#: what wheels built for any Linux expect.
_EXPECTED_LIBRARIES = (
    "libdl.so.2",
    "libgcc_s.so.1",
    "libm.so.6",
    "libnss_dns.so.2",
    "libnss_files.so.2",
    "libpthread.so.0",
    "libresolv.so.2",
    "librt.so.1",
    "libstdc++.so.6",
    "libutil.so.1",
)
#: The shell and the programs of GNU coreutils that scripts use.
_PROGRAMS = """
sh arch basename cat chmod cp cut date dd df dirname du echo env expr false find grep head hostname
id ln ls mkdir mktemp mv nproc od printenv printf pwd readlink realpath rm rmdir sed seq sha256sum
sleep sort stat tail tee test timeout touch tr true uname uniq wc whoami xargs
"""
_CERTIFICATES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)
_PROBE = (
    "import json, ssl, sysconfig; print(json.dumps(["
    "sysconfig.get_path('stdlib'), ssl.get_default_verify_paths().openssl_cafile]))"
)

#: Places in an image, and the files they are copies of.
Files = dict[str, Path]


def interpreter_files(interpreter: Interpreter) -> Files:
    """The interpreter, all of it below /var/lang, with the shared libraries that it needs."""
    stdlib, _ = _probe(interpreter)
    files: Files = {f"/var/lang/bin/python{interpreter.version}": interpreter.executable}
    files |= {
        f"/var/lang/lib/python{interpreter.version}/{name}": path for name, path in _library(stdlib)
    }
    for library in sorted(interpreter.prefix.glob("lib/libpython*.so.*")):
        files[f"/var/lang/lib/{library.name}"] = library
    # All in one place, and the loader with them: so the interpreter can run in any other image.
    libraries = _shared_libraries(_binaries(files))
    return files | {f"/var/lang/lib/{name}": path for name, path in libraries.items()}


def system_files(interpreter: Interpreter) -> Files:
    """A shell, programs, certificates and time zones, with all shared libraries they need."""
    programs = {name: shutil.which(name) for name in _PROGRAMS.split()}
    files = {f"/usr/bin/{name}": Path(program) for name, program in programs.items() if program}
    libraries = _shared_libraries(files.values())
    files |= {_system_place(path): path for path in libraries.values()}
    _, certificates_path = _probe(interpreter)
    for bundle in filter(os.path.isfile, (certificates_path, *_CERTIFICATES)):
        files |= dict.fromkeys((*_CERTIFICATES, certificates_path), Path(bundle))
        break
    zones = Path("/usr/share/zoneinfo")
    for path in zones.rglob("*"):
        if path.is_file() and path.relative_to(zones).parts[0] not in ("posix", "right"):
            files[str(path)] = path
    return files


def package_files(packages: Mapping[str, Path], place: str) -> Files:
    """Python packages, by name, without what was compiled for another interpreter."""
    files: Files = {}
    for name, path in packages.items():
        if path.is_file():
            files[f"{place}/{name}"] = path
        for file in path.rglob("*"):
            relative = file.relative_to(path).as_posix()
            if file.is_file() and "__pycache__" not in relative and "/tests/" not in relative:
                files[f"{place}/{name}/{relative}"] = file
    return files


def _probe(interpreter: Interpreter) -> tuple[Path, str]:
    """The standard library, and where OpenSSL looks for certificates."""
    answer = subprocess.run(
        [interpreter.executable, "-I", "-S", "-c", _PROBE],
        capture_output=True,
        timeout=30,
        check=True,
    )
    stdlib, certificates = json.loads(answer.stdout)
    return Path(stdlib), certificates or _CERTIFICATES[0]


def _library(stdlib: Path) -> Iterator[tuple[str, Path]]:
    for directory, _, names in os.walk(stdlib):
        for name in names:
            path = Path(directory, name)
            relative = path.relative_to(stdlib).as_posix()
            if not _LEFT_OUT.search(relative):
                yield relative, path
    # As in AWS's images, pip is there to build upon them.
    pip = stdlib / "site-packages" / "pip"
    for path in pip.rglob("*.py*") if pip.is_dir() else ():
        if "__pycache__" not in path.parts:
            yield f"site-packages/{path.relative_to(pip.parent).as_posix()}", path
    for path in pip.rglob("*.pem") if pip.is_dir() else ():
        yield f"site-packages/{path.relative_to(pip.parent).as_posix()}", path


def _binaries(files: Files) -> Iterator[Path]:
    for place, path in files.items():
        if "/bin/" in place or ".so" in path.name:
            yield path


def _shared_libraries(binaries: Iterable[Path]) -> dict[str, Path]:
    """What the dynamic loader would load for them, by name, and that loader."""
    found: dict[str, Path] = {}
    programs = sorted({str(path) for path in binaries})
    listing = subprocess.run(["ldd", *programs], capture_output=True, text=True, check=False)
    for line in listing.stdout.splitlines():
        # "libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x...)", or the loader's path alone.
        if match := re.search(r"(?:=>\s+|^\s+)(/\S+)\s+\(0x", line):
            path = Path(match[1])
            found.setdefault(path.name, path)
    system = next((path.parent for name, path in found.items() if name.startswith("libc.so")), None)
    for name in _EXPECTED_LIBRARIES if system else ():
        if system and (system / name).exists():
            found.setdefault(name, system / name)
    return found


def _system_place(path: Path) -> str:
    """Where a library goes that the loader is to find by itself."""
    directory, name = os.path.split(path)
    if not _SYSTEM_LIBRARIES.fullmatch(directory):
        return f"/var/lang/lib/{name}"
    top = directory.split("/")[1]
    return f"/usr{path}" if top in MERGED_DIRECTORIES and os.path.islink(f"/{top}") else str(path)
