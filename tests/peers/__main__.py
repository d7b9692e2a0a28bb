"""`make peers`: bring npm's @pathcheck/dcc-sdk, let each side read the other, print what was said.

    python -m tests.peers [--write docs/certificates.md]

Ends with an error when anything else was said than the tests of this folder expect.
"""

import argparse
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.peers import dcc_sdk

BEGIN = "<!-- peers: begin, written by make peers -->"
END = "<!-- peers: end -->"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.peers")
    parser.add_argument("--write", type=Path, metavar="DOCUMENT", help="write it in here")
    options = parser.parse_args()
    try:
        if not dcc_sdk.is_installed():
            dcc_sdk.install()
    except (OSError, subprocess.SubprocessError) as error:
        sys.exit(f"npm cannot bring {dcc_sdk.NAME}: {error}")
    told = as_markdown()
    if options.write is None:
        print(told)
    else:
        write(told, options.write)
    here = str(Path(__file__).parent / "test_dcc_sdk.py")
    return subprocess.run([sys.executable, "-m", "pytest", "-q", here], check=False).returncode


def as_markdown() -> str:
    """Return what each side says of the other's certificates, with date and versions."""
    rows = [
        *(
            (what, "us", "the package", f"`{said}`")
            for what, said in dcc_sdk.what_it_says_of_ours().items()
        ),
        *(
            (what, "the package", "us", f"`{said.reason}`")
            for what, said in dcc_sdk.what_we_say_of_its().items()
        ),
    ]
    lines = [
        f"{datetime.now(UTC):%Y-%m-%d}, {dcc_sdk.NAME} {dcc_sdk.VERSION}, "
        f"Node.js {dcc_sdk.node_version()}:",
        "",
        "| Certificate | Signed by | Read by | Said |",
        "| --- | --- | --- | --- |",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]
    return "\n".join(lines)


def write(told: str, document: Path) -> None:
    """Put the table between its marks."""
    text = document.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"{document} has no marks of the peers' table")
    document.write_text(f"{before}{BEGIN}\n\n{told}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
