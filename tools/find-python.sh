#!/bin/sh
# Prints the first Python that can run the server: those named as arguments, or the usual names. Used by `make setup`.
[ $# -gt 0 ] || set -- python3.13 python3.12 python3.11 python3
for name in "$@"; do
    # Run it: a name on the PATH may be a version manager's stub with nothing behind it.
    if "$name" -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        command -v "$name"
        exit 0
    fi
done
{
    echo "Modelport needs Python 3.11 or later with its venv module; none of these is one: $*"
    echo "Install it (Debian and Ubuntu: apt-get install python3 python3-venv), or name one: make setup PYTHON=/path/to/python3"
} >&2
exit 1
