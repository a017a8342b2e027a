#!/usr/bin/env bash
# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
#
# Make the environment, or return at once if it is as it should be:
#   setup_env.sh FOLDER        usually .venv; PYTHON=... chooses an interpreter
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
venv=${1:-.venv}

if [ -z "${PYTHON:-}" ] && [ -x "$venv/bin/python" ] &&
    "$venv/bin/python" "$here/setup_env.py" --venv "$venv" --check; then
    exit 0
fi
python=$(bash "$here/find_python.sh")
exec "$python" "$here/setup_env.py" --venv "$venv"
