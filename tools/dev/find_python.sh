#!/usr/bin/env bash
# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
#
# Print the path of a CPython 3.10, 3.9 or 3.8 (the newest found) that can make
# the environment. Looked at, in this order: the PATH, uv, pyenv, conda, usual
# folders. With PYTHON=/path/to/python, that one alone is looked at.
#
# For each interpreter that is left out for a reason that can be mended, a line
# goes to the standard error.
set -u

# Prints "MINOR PATH", or "no REASON" for a CPython 3.8-3.10 that will not do.
PROBE='
import os, platform, sys, sysconfig
good = sys.version_info[:2] in [(3, 8), (3, 9), (3, 10)]
if not good or platform.python_implementation() != "CPython":
    sys.exit("no it is %s %s" % (
        platform.python_implementation(), platform.python_version()))
try:
    import ctypes, ensurepip, venv
except ImportError as error:
    sys.exit("no module %s; on Debian and Ubuntu: apt-get install "
             "python3.%d-venv" % (error.name, sys.version_info[1]))
header = os.path.join(sysconfig.get_path("include"), "Python.h")
if not os.path.exists(header):
    sys.exit("no %s, which mmcv needs to compile; on Debian and Ubuntu: "
             "apt-get install python3.%d-dev" % (header, sys.version_info[1]))
minor, path = sys.version_info[1], sys.executable
if sys.prefix != sys.base_prefix:  # not an environment that may be removed
    base = os.path.join(sys.base_prefix, "bin", "python3.%d" % minor)
    path = base if os.path.exists(base) else path
print(minor, path)
'

notes=''
root=${FIND_PYTHON_ROOT:-} # the tests look at another one

# probe CANDIDATE: sets $minor and $path, or returns 1 and sets $reason.
probe() {
    local answer
    answer=$(env -u PYTHONPATH -u PYTHONHOME "$1" -c "$PROBE" 2>&1 \
        </dev/null | tail -n 1)
    minor=${answer%% *}
    path=${answer#* }
    reason=$path
    case $minor in
        8 | 9 | 10) [ -x "$path" ] ;;
        no) return 1 ;;
        *) reason='it does not run' && return 1 ;;
    esac
}

candidates() {
    local name folder
    for name in python3.10 python3.9 python3.8 python3 python; do
        type -aP "$name"
    done
    if command -v uv >/dev/null; then
        for name in 3.10 3.9 3.8; do
            uv python find --no-python-downloads "$name" 2>/dev/null
        done
    fi
    for folder in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.*; do
        echo "$folder/bin/python"
    done
    if [ -n "${CONDA_PREFIX:-}" ]; then
        echo "$CONDA_PREFIX/bin/python"
    fi
    if [ -n "${CONDA_EXE:-}" ]; then
        folder=$(dirname "$(dirname "$CONDA_EXE")")
        printf '%s\n' "$folder/bin/python" "$folder"/envs/*/bin/python
    fi
    for folder in "$HOME"/{mini,ana}conda3 "$HOME"/mini{forge,mamba}3 \
        "$HOME"/mambaforge "$root"/opt/{mini,ana,}conda{3,}; do
        printf '%s\n' "$folder/bin/python" "$folder"/envs/*/bin/python
    done
    printf '%s\n' "$HOME"/.local/share/uv/python/cpython-3.*/bin/python \
        "$root"/opt/python/cp3*/bin/python \
        "$root"/usr/local/bin/python3.{10,9,8}
}

if [ -n "${PYTHON:-}" ]; then
    if probe "$PYTHON"; then
        echo "$path"
        exit 0
    fi
    echo "PYTHON=$PYTHON cannot be used: $reason." >&2
    echo 'Needed: CPython 3.8, 3.9 or 3.10.' >&2
    exit 1
fi

best=0
seen=':'
while read -r candidate; do
    case $seen in *":$candidate:"*) continue ;; esac
    seen="$seen$candidate:"
    [ -x "$candidate" ] || continue
    if probe "$candidate"; then
        if [ "$minor" -gt "$best" ]; then
            best=$minor
            best_path=$path
        fi
    elif [ "$minor" = no ] && [[ $reason != 'it is '* ]]; then
        notes="$notes  $candidate: no $reason"$'\n'
    fi
    [ "$best" = 10 ] && break
done < <(candidates)

if [ "$best" != 0 ]; then
    echo "$best_path"
    exit 0
fi

cat >&2 <<'END'
No CPython 3.8, 3.9 or 3.10 was found on the PATH, under uv, pyenv or conda.
MMTracking 1.0.0rc1 runs on no newer one. Get one in any of these ways, and
run the command again:
  uv python install 3.10                    (uv: pip install uv)
  pyenv install 3.10
  conda create -y -n py310 python=3.10
  apt-get install python3.10 python3.10-venv python3.10-dev
or name one yourself: make env PYTHON=/path/to/python3.10
END
if [ -n "$notes" ]; then
    printf 'Found, but not complete:\n%s' "$notes" >&2
fi
exit 1
