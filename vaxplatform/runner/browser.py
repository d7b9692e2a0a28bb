"""Chromium for the browser tests: found, installed by apt where root may, or loudly missing."""

import os
import shutil
import subprocess
from pathlib import Path

from vaxplatform.runner.errors import RunnerError
from vaxplatform.runner.terminal import say

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
PACKAGES = ("chromium", "fonts-dejavu-core")  # the fonts have every Vietnamese letter
HOW_TO_GET_IT = (
    "Get it with `apt-get install -y chromium fonts-dejavu-core`, or name another Chromium in "
    "the environment variable CHROMIUM."
)


def find() -> str | None:
    """The path of a Chromium, from CHROMIUM or the usual names."""
    if given := os.environ.get("CHROMIUM"):
        if not Path(given).exists():
            raise RunnerError(f"CHROMIUM={given} is not there.")
        return given
    for name in NAMES:
        if path := shutil.which(name):
            return path
    return None


def find_or_install() -> str | None:
    """The path of a Chromium, or None where the browser tests must be left out.

    Raises RunnerError where CI is set: there a missing browser is a mistake.
    """
    if path := find():
        return path
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say("installing Chromium by apt")
        _install()
        if path := find():
            return path
    if os.environ.get("CI", "").lower() in ("1", "true", "yes"):
        raise RunnerError(f"Chromium is missing, and CI is set. {HOW_TO_GET_IT}")
    return None


def _install() -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "-y", "--no-install-recommends", *PACKAGES]):
        result = subprocess.run(
            ["apt-get", "-q", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            text=True,
        )
        if result.returncode and arguments[0] == "install":
            say("apt could not install it:\n" + "\n".join(result.stdout.splitlines()[-8:]))
