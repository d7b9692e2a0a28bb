"""`make fuzz`: a coverage-guided fuzzer over everything that strangers send us.

    python -m tests.fuzz [target …] [--seconds 60] [--folder .data/fuzz]

Each target runs in a process of its own, for that many seconds, under limits of memory (512 MB)
and of time for one input (5 s). What was found is kept in the folder and the next search starts
from it. An input that breaks a target is kept beside it, as TARGET-crash-…; the exit code is
then 1. Needs the package atheris (requirements-fuzz.txt); no database.
"""

import argparse
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from tests.fuzz.targets import TARGETS, seeds

_MEMORY_MB = 512
_SECONDS_PER_INPUT = 5
_LONGEST = 8192


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("targets", nargs="*", metavar="target", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--folder", type=Path, default=Path(".data/fuzz"))
    options = parser.parse_args()
    unknown = set(options.targets) - set(TARGETS)
    if unknown:
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    if find_spec("atheris") is None:
        parser.exit(2, "atheris is not installed: `make fuzz` brings it\n")
    chosen = options.targets or list(TARGETS)
    broken = [n for n in chosen if not _survives(n, options.folder / n, options.seconds)]
    print(f"broken: {', '.join(broken)}" if broken else "nothing was broken")
    return bool(broken)


def _survives(name: str, corpus: Path, seconds: int) -> bool:
    """Run one target in its own process; tell whether nothing broke it."""
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(name)):
        (corpus / f"seed-{number}").write_bytes(seed)
    print(f"· {name}, {seconds} s", flush=True)
    found = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.fuzz.one",
            name,
            str(corpus),
            f"-max_total_time={seconds}",
            f"-rss_limit_mb={_MEMORY_MB}",
            f"-timeout={_SECONDS_PER_INPUT}",
            f"-max_len={_LONGEST}",
            f"-artifact_prefix={corpus}-",
            "-print_final_stats=1",
            "-verbosity=0",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    told = [line for line in found.stderr.splitlines() if line.startswith("stat::")]
    print("\n".join(told if found.returncode == 0 else [found.stdout, found.stderr]), flush=True)
    return found.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
