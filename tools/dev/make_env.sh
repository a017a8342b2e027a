#!/usr/bin/env bash
# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
#
# Make an environment, or return at once if it is as it should be:
#   make_env.sh FOLDER [default|oldest|compiled]
# `default` takes mmcv's operators from torchvision, on CPython 3.9 to 3.13;
# `oldest` does, too, with the oldest torch that was tried; `compiled` compiles
# them, on CPython 3.9 or 3.10 with torch 2.0.1. The newest usable CPython is
# taken (of the minor versions in MINORS, if that is set), or the one in PYTHON.
# pip does all of the work, with its own settings (pip.conf, PIP_*, proxies,
# mirrors, certificates).
#
# A set-up that was interrupted has left no stamp and is made anew.
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
venv=$1
set=${2:-default}
stamp=$venv/.ready
case $set in
    default | oldest) minors=${MINORS:-13 12 11 10 9} ;;
    compiled) minors=${MINORS:-10 9} ;;
    *) echo "There is no set '$set': choose default, oldest or compiled." >&2 && exit 1 ;;
esac
# Settings of this shell that lead another interpreter or pip astray.
unset PYTHONPATH PYTHONHOME PIP_TARGET PIP_PREFIX
export PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1

# stamp_for MINOR: what the stamp of a finished environment says. The place is
# in it, since scripts hold it and a moved environment does not work.
stamp_for() {
    echo "$(realpath -m "$venv") $PWD $set 3.$1"
    cat "requirements/lock/$set-py3$1.txt" setup.py setup.cfg \
        mmhvr/version.py tools/dev/make_env.sh | cksum
}

# minor_of PYTHON: the minor version of a CPython 3 that can make environments.
minor_of() {
    "$1" -I -c 'import ctypes, ensurepip, ssl, sys, venv
assert sys.implementation.name == "cpython" and sys.version_info[0] == 3
print(sys.version_info[1])' 2>&1 | tail -n 1
}

find_python() {
    local minor candidate home
    for minor in $minors; do
        for home in "${PYENV_ROOT:-$HOME/.pyenv}/versions/3.$minor."* \
            "$HOME/.local/share/uv/python/cpython-3.$minor."* \
            "${CONDA_PREFIX:-/none}" "$HOME"/{mini,ana,mini}{conda,forge}3{,/envs/*}; do
            ls "$home/bin/python3.$minor" 2>/dev/null || true
        done | sort -rV >"$found"
        { type -aP "python3.$minor" python3 python || true; } |
            cat - "$found" >"$found.all"
        while read -r candidate; do
            if [ "$(minor_of "$candidate")" = "$minor" ]; then
                echo "$candidate"
                return
            fi
        done <"$found.all"
    done
}

if [ -z "${PYTHON:-}" ] && [ -f "$stamp" ]; then
    minor=$(sed -n '1s/.* 3\.//p' "$stamp")
    [ "$(stamp_for "$minor" 2>&1)" = "$(cat "$stamp")" ] && exit 0
fi
found=$(mktemp) && trap 'rm -f "$found" "$found.all"' EXIT
python=${PYTHON:-$(find_python)}
minor=$([ -z "$python" ] || minor_of "$python")
if [[ " $minors " != *" $minor "* ]]; then
    {
        echo "${PYTHON:+PYTHON=$PYTHON cannot be used: it is '3.$minor'. }Needed, with its venv module: CPython 3.${minors// / or 3.}."
        echo 'None was named, and none was found on the PATH, under pyenv, uv or conda.' | grep "${PYTHON:+^$}" || true
        echo 'Get one in any of these ways, and run the command again:'
        echo "  uv python install 3.${minors%% *}       (pip install uv)"
        echo "  pyenv install 3.${minors%% *}"
        echo "  conda create -y -n py3 python=3.${minors%% *}"
        echo '  apt-get install python3 python3-venv'
        echo 'or name one: make env PYTHON=/path/to/python3'
    } >&2
    exit 1
fi
[ "$(stamp_for "$minor")" != "$(cat "$stamp" 2>/dev/null)" ] || exit 0

if [ -e "$venv" ] && [ ! -f "$venv/pyvenv.cfg" ]; then
    echo "$venv exists but is no virtual environment. Move it away, or choose another: make env VENV=..." >&2
    exit 1
fi
exec 9>"$venv.lock" # one set-up at a time
! command -v flock >/dev/null || flock 9
[ "$(stamp_for "$minor")" != "$(cat "$stamp" 2>/dev/null)" ] || exit 0
# Only a finished environment of the same place and Python is brought up to
# date; anything else is made anew.
if [ "$(head -n 1 "$stamp" 2>/dev/null)" != "$(stamp_for "$minor" | head -n 1)" ]; then
    rm -rf "$venv"
fi
rm -f "$stamp"
free=$(df -Pk "$(dirname "$venv")" | awk 'NR == 2 { print int($4 / 1048576) }')
if [ ! -e "$venv" ] && [ "$free" -lt 8 ]; then
    echo "$(dirname "$venv") has $free GiB of free space; the environment needs 8 GiB. Make room, or choose another place: make env VENV=/elsewhere/venv" >&2
    exit 1
fi
lock=requirements/lock/$set-py3$minor.txt
pip="$venv/bin/python -m pip install"
echo "Making $venv with $("$python" -V) and $lock."
[ -e "$venv" ] || "$python" -I -m venv "$venv"
# What torch itself needs depends on its build (CPU, CUDA) and is left to pip.
echo 'Installing torch (from PyPI on x86-64: 2.5 GB of downloads).'
$pip -q -c "$lock" torch torchvision
echo 'Installing the rest.'
$pip -q --no-deps -r "$lock"
if [ "$set" = compiled ]; then
    echo 'Compiling the operators of mmcv (ten minutes on two cores, once).'
    PATH="$PWD/$venv/bin:$PATH" MMCV_WITH_OPS=1 MAX_JOBS=${MAX_JOBS:-$(nproc)} \
        $pip --no-deps --no-build-isolation mmcv==2.0.0rc4 \
        >"$venv/mmcv-build.log" 2>&1 || {
        tail -n 30 "$venv/mmcv-build.log"
        echo "mmcv was not compiled; all of the output: $venv/mmcv-build.log"
        exit 1
    } >&2
fi
# The way of installing in which an edit counts at once and mim finds configs.
"$venv/bin/python" -W ignore setup.py -q develop --no-deps 2>&1 | grep -v '^no previously' || true
"$venv/bin/mmhvr" doctor
stamp_for "$minor" >"$stamp"
