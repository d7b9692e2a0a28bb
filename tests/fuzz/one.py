"""One target under the fuzzer, in a process of its own: `python -m tests.fuzz.one TARGET CORPUS …`.

The rest of the arguments are libFuzzer's.
"""

import sys

import atheris

with atheris.instrument_imports(include=["certificates.hcert", "certificates.shc"]):
    from tests.fuzz.targets import TARGETS

if __name__ == "__main__":
    atheris.Setup([sys.argv[0], *sys.argv[2:]], TARGETS[sys.argv[1]].run)
    atheris.Fuzz()
