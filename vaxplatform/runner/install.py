"""`python install.py REQUIREMENTS…`: pip with hashes, and one line of progress a package.

Runs before anything is installed: the standard library only, and nothing of ours.
"""

import subprocess
import sys
from pathlib import Path


def main(files: list[str]) -> int:
    total = sum(
        line[0].isalpha() and "==" in line
        for name in files
        for line in Path(name).read_text().splitlines()
        if line
    )
    # The lock names every package, so the resolver must decide nothing: asked for `coverage[toml]`
    # by another package it would look past our pin of `coverage` and take the newest.
    command = [sys.executable, "-m", "pip", "install"]
    command += ["--require-hashes", "--no-deps", "--no-color"]
    for name in files:
        command += ["-r", name]
    pip = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    kept: list[str] = []
    seen = 0
    for line in pip.stdout or ():
        kept.append(line)
        if line.startswith(("Collecting ", "Requirement already satisfied: ")):
            seen += 1
            name = line.split(": ")[-1].removeprefix("Collecting ").split("==")[0]
            show(f"· {min(seen, total)}/{total} {name.strip()}")
        elif line.startswith("Installing collected"):
            show("· unpacking")
    show("")
    if status := pip.wait():
        sys.stderr.writelines(kept[-25:])
    return status


def show(text: str) -> None:
    """In place on a terminal; elsewhere only every now and then would be noise, so nothing."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text[:79]}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
