"""What the machine itself must have: a Python of the right age with venv, WeasyPrint's libraries, the tests' tools.

`python deployments/system.py [venv] [libraries] [tests]` installs what is missing where it may (apt as root or with sudo that asks
nothing) and otherwise prints the one command to run. Only the standard library is imported: it runs before anything is installed.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence

YOUNGEST = (3, 11)

LIBRARIES = {
    "libgobject-2.0.so.0": "libglib2.0-0",
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz.so.0": "libharfbuzz0b",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
    "libfontconfig.so.1": "libfontconfig1",
}
"""What WeasyPrint opens (its `text/ffi.py`), with Debian's package of each; PDFs need all of them."""

TOOLS = {"pdftoppm": "poppler-utils", "chromium": "chromium"}
"""What the tests look at pages with."""

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OTHER_SYSTEMS = {
    "dnf": "sudo dnf install -y pango harfbuzz fontconfig poppler-utils chromium",
    "brew": "brew install pango poppler chromium",
}


def missing_libraries() -> list[str]:
    """Packages of the libraries that WeasyPrint would not find, in Debian's names."""
    if sys.platform != "linux":
        return [] if _weasyprint_imports() else ["pango"]
    return [package for library, package in LIBRARIES.items() if not _opens(library)]


def missing_tools() -> list[str]:
    """Packages of the tests' tools that are not on the path."""
    return [package for tool, package in TOOLS.items() if not any(map(shutil.which, BROWSERS if tool == "chromium" else (tool,)))]


def missing_venv() -> list[str]:
    """Debian ships Python without what `python3 -m venv` needs."""
    return [] if importlib.util.find_spec("ensurepip") else ["python3-venv"]


def command_for(packages: Sequence[str]) -> str:
    """The one command that installs them on this machine."""
    if not shutil.which("apt-get"):
        other = next((command for tool, command in OTHER_SYSTEMS.items() if shutil.which(tool)), None)
        return other or f"install with your system's package manager: {' '.join(packages)}"
    sudo = "" if os.geteuid() == 0 else "sudo "
    return f"{sudo}apt-get update && {sudo}apt-get install -y --no-install-recommends {' '.join(packages)}"


def may_install() -> bool:
    """Whether apt is there and asks nothing: we are root, or sudo wants no password."""
    if not shutil.which("apt-get"):
        return False
    if os.geteuid() == 0:
        return True
    return bool(shutil.which("sudo")) and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0


def provide(checks: Iterable[Callable[[], list[str]]]) -> str | None:
    """Install what the checks find missing, where that is allowed.

    Returns None where nothing is missing any more, otherwise the message for a person.
    """
    checks = list(checks)
    packages = _missing(checks)
    if packages and may_install():
        print(f"Installing {', '.join(packages)} ...", flush=True)
        quietly = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["sh", "-c", command_for(packages)], env=quietly, stdout=sys.stderr, check=False)
        packages = _missing(checks)
    if not packages:
        return None
    return f"This machine lacks {', '.join(packages)}. Install with:\n\n    {command_for(packages)}\n\nand run the same make again."


def _missing(checks: Iterable[Callable[[], list[str]]]) -> list[str]:
    return list(dict.fromkeys(package for check in checks for package in check()))


def _opens(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _weasyprint_imports() -> bool:
    try:
        import weasyprint  # noqa: F401 - opening the libraries is the check
    except (ImportError, OSError):
        return False
    return True


CHECKS: dict[str, Callable[[], list[str]]] = {"venv": missing_venv, "libraries": missing_libraries, "tests": missing_tools}


def main(names: Sequence[str]) -> str | None:
    """The message for a person, or None where the machine has what the named checks ask for."""
    if sys.version_info < YOUNGEST:
        needed, found = ".".join(map(str, YOUNGEST)), sys.version.split()[0]
        return f"Python {needed} or newer is needed; this is {found}. Name another one: make PYTHON=/path/to/python3"
    return provide(CHECKS[name] for name in names)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(CHECKS)))
