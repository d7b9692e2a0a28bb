"""`python -m vaxplatform.runner COMMAND`, where COMMAND is

run                 everything on this machine until Ctrl-C (make run)
check               every static check (make lint)
test [ARGUMENT]…    pytest with servers of its own (make test)
bench [FIGURE]…     the figures, with servers of their own (make bench)
services            only PostgreSQL and Redis, with their addresses as shell lines
"""

import os
import signal
import sys
import threading
from collections.abc import Sequence

from vaxplatform.runner.environment import (
    SECRETS,
    SIGNING_VARIABLES,
    export_secrets,
    read_environment,
)
from vaxplatform.runner.errors import RunnerError
from vaxplatform.runner.run import run
from vaxplatform.runner.services import VARIABLES, running_services
from vaxplatform.runner.terminal import coloured, say
from vaxplatform.runner.testing import bench, check, test


def services(_arguments: Sequence[str]) -> int:
    """Bring up PostgreSQL and Redis, print the environment as shell lines, stay until Ctrl-C."""
    data_dir = read_environment()
    export_secrets(data_dir)
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    with running_services(data_dir, see_off=True) as uses:
        names = ["DATA_DIR", *VARIABLES.values(), *SECRETS, *SIGNING_VARIABLES]
        for name in names:
            print(f"export {name}='{os.environ[name]}'")
        sys.stdout.flush()
        say("the services are up; Ctrl-C stops them when nobody else uses them")
        while not done.wait(0.5):
            for use in uses:
                use.keep_alive()
        say("stopping")
    return 0


COMMANDS = {"run": run, "check": check, "test": test, "bench": bench, "services": services}


def main(arguments: Sequence[str]) -> int:
    if not arguments or arguments[0] not in COMMANDS:
        print(__doc__)
        return 2
    try:
        return COMMANDS[arguments[0]](arguments[1:])
    except RunnerError as error:
        print(coloured(str(error), "red", stream=2), file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
