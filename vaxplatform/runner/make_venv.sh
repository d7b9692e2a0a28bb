#!/bin/sh
# Makes the virtual environment named by the only argument, with a Python of 3.11 or newer.
set -eu
venv=$1

suits() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

if [ -x "$venv/bin/python" ] && suits "$venv/bin/python" && "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    exit 0
fi
for python in ${PYTHON:-} python3.11 python3 python3.12 python3.13 python3.14; do
    if suits "$python"; then
        if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
            version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
            echo "$python cannot make virtual environments here. On Debian or Ubuntu:" >&2
            echo "    apt-get install -y python$version-venv" >&2
            exit 1
        fi
        echo "· making $venv with $("$python" --version)" >&2
        exec "$python" -m venv --clear "$venv"
    fi
done
echo "Python 3.11 or newer is needed and was not found. Name one: make run PYTHON=/path/to/python3" >&2
exit 1
