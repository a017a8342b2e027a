#!/usr/bin/env bash
# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
#
# Print 'VERSION PATH' of the newest CPython that can make environments:
#   find_python.sh '13 12 11'     (minor versions, the best first)
# or of the one in PYTHON. If there is none, say how to get one.
set -eu
minors=$1

# '3.13' of a CPython with all that is needed, else what it says. [PYTHON]
version_of() {
    "$1" -I -c 'import bz2, ctypes, ensurepip, lzma, ssl, sys, venv
cpython = sys.implementation.name == "cpython"
print("%d.%d" % sys.version_info[:2] if cpython else sys.version)' 2>&1 |
        tail -n 1
}

# Where a CPython 3.MINOR may be. [MINOR]
candidates() {
    local home
    type -aP "python3.$1" python3 python || true
    for home in "${PYENV_ROOT:-$HOME/.pyenv}/versions/3.$1."* \
        "$HOME/.local/share/uv/python/cpython-3.$1."* \
        "$HOME"/{mini,ana}{conda,forge}{,3}{,/envs/*} \
        "${CONDA_PREFIX:-/none}"; do
        [ ! -x "$home/bin/python3.$1" ] || echo "$home/bin/python3.$1"
    done | sort -rV
}

explain() { # WHAT IS WRONG
    cat >&2 <<END
$1
Needed: CPython 3.${minors// /, 3.}, with its venv and ssl modules.
Get one in any of these ways, and run the command again:
  pip install uv && uv python install 3.${minors%% *}
  pyenv install 3.${minors%% *}
  conda create -y -n py3 python=3.${minors%% *}
  apt-get install python3 python3-venv
or name one: make env PYTHON=/path/to/python3
END
    exit 1
}

if [ -n "${PYTHON:-}" ]; then
    version=$(version_of "$PYTHON")
    [[ " 3.${minors// / 3.} " == *" $version "* ]] ||
        explain "PYTHON=$PYTHON cannot be used. It says:
  $version"
    echo "$version $PYTHON"
    exit
fi
for minor in $minors; do
    while read -r candidate; do
        if [ "$(version_of "$candidate")" = "3.$minor" ]; then
            echo "3.$minor $candidate"
            exit
        fi
    done <<<"$(candidates "$minor")"
done
explain 'No usable Python was found on the PATH, nor of pyenv, uv or conda.'
