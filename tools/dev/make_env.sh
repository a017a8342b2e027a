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

fail() { printf '%s\n' "$@" >&2 && exit 1; }

set=${2:-default}
case $set in
    default | oldest) minors=${MINORS:-13 12 11 10 9} ;;
    compiled) minors=${MINORS:-10 9} ;;
    *) fail "There is no set '$set': choose default, oldest or compiled." ;;
esac
parent=$(dirname "${1:?is missing: the folder to make}")
mkdir -p "$parent"
venv=$(cd "$parent" && pwd)/$(basename "$1")
stamp=$venv/.ready
# Settings of this shell that lead another interpreter or pip astray.
unset PYTHONPATH PYTHONHOME SETUPTOOLS_USE_DISTUTILS
unset PIP_TARGET PIP_PREFIX PIP_ROOT PIP_PYTHON
export PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1

# What the stamp of a finished environment says: its place and Python, which
# cannot be changed, and a sum of the files that say what is in it. [VERSION]
identity() { echo "$venv $PWD $set${FORCE_CUDA:+-cuda} $1"; }
stamp_of() {
    identity "$1"
    cat "requirements/lock/$set-py${1/./}.txt" setup.py setup.cfg \
        mmhvr/version.py tools/dev/make_env.sh | cksum
}
exit_if_ready() { [ "$(stamp_of "$1" 2>&1)" != "$(cat "$stamp")" ] || exit 0; }

# The Python version of a finished environment that works, or nothing.
kept_version() {
    local version
    version=$(sed -n '1s/.* //p' "$stamp" 2>/dev/null) || return 0
    [ "$(head -n 1 "$stamp")" != "$(identity "$version")" ] ||
        ! "$venv/bin/python" -I -c '' 2>/dev/null || echo "$version"
}

kept=$(kept_version)
if [ -z "${PYTHON:-}" ] && [ -n "$kept" ]; then
    exit_if_ready "$kept"
    PYTHON=$venv/bin/python
fi
found=$(PYTHON=${PYTHON:-} bash tools/dev/find_python.sh "$minors")
version=${found%% *} python=${found#* }

if [ ! -f "$venv/.mmhvr" ] && [ -n "$(ls -A "$venv" 2>&- || true)" ]; then
    fail "$venv exists and was not made by this command." \
        'Move it away, or choose another place: make env VENV=/elsewhere/venv'
fi
exec 9>"$venv.lock" # one set-up at a time; the lock ends with this process
"$python" -I -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)'
kept=$(kept_version) # of another set-up that has ended meanwhile
if [ "$kept" = "$version" ]; then
    exit_if_ready "$version"
else
    [ ! -e "$venv" ] || echo "Removing $venv: not finished, or of another place or Python."
    rm -rf "$venv"
    free=$(df -Pk "$parent" | awk 'NR == 2 { print int($4 / 1048576) }')
    [ "$free" -ge 8 ] || fail "$parent has $free GiB of free space." \
        'The environment needs 8 GiB. Make room, or choose another place:' \
        '  make env VENV=/elsewhere/venv'
fi
rm -f "$stamp"

lock=requirements/lock/$set-py${version/./}.txt
log=$venv/make_env.log
pip() { "$venv/bin/python" -m pip install "$@"; }
# Do what may fail, and show the end of its output if it does. [WHAT COMMAND]
logged() {
    "${@:2}" >"$log" 2>&1 || {
        tail -n 30 "$log" >&2
        fail "$1 failed. All of its output: $log"
    }
}
echo "Making $venv with Python $version and $lock."
if [ ! -e "$venv" ]; then
    mkdir "$venv"
    : >"$venv/.mmhvr" # what has it may be removed and made anew
    "$python" -I -m venv "$venv"
fi
# What torch itself needs depends on its build (CPU, CUDA) and is left to pip.
echo 'Installing torch (from PyPI on x86-64: 2.5 GB of downloads).'
pip -q -c "$lock" torch torchvision
echo 'Installing the rest.'
pip -q --no-deps -r "$lock"
if [ "$set" = compiled ]; then
    echo 'Compiling the operators of mmcv (ten minutes on two cores, once).'
    # pip's cache may hold it compiled for the CPU, for another torch, or
    # without operators; there are no wheels of it.
    export PATH=$venv/bin:$PATH MMCV_WITH_OPS=1 MAX_JOBS=${MAX_JOBS:-$(nproc)}
    compile() {
        logged 'Compiling mmcv' pip --no-deps --no-build-isolation "$@" \
            mmcv==2.0.0rc4
    }
    compile ${FORCE_CUDA:+--no-cache-dir}
    "$venv/bin/python" -c 'import torch, mmcv._ext' 2>&- ||
        compile --no-cache-dir --force-reinstall
    "$venv/bin/python" -c 'import torch, mmcv._ext'
fi
# The way of installing in which an edit counts at once and mim finds configs.
logged 'Installing mmhvr' \
    "$venv/bin/python" -W ignore setup.py -q develop --no-deps
(cd "$venv" && bin/mmhvr doctor) # not in the checkout: what is installed
stamp_of "$version" >"$stamp"
