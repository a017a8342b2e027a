#!/usr/bin/env bash
# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
#
# Resolve requirements/lock/*.txt anew. Needs uv: pip install uv.
# What torch needs of CUDA is left out: pip adds what the torch that it finds
# asks for, which is nothing for a build for the CPU.
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

lock() { # lock SET MINOR
    local target=requirements/lock/$1-py3$2.txt
    echo "$target"
    # Wheels alone: a package that has to be compiled is to show here, not on a
    # user's machine.
    UV_PYTHON_DOWNLOADS=never uv pip compile --quiet \
        requirements/runtime.txt requirements/tests.txt \
        "requirements/lock/$1.in" \
        --override requirements/lock/overrides.txt \
        --python-version "3.$2" --python-platform x86_64-manylinux_2_28 \
        --only-binary :all: --no-annotate --no-header \
        --output-file "$target.new" >/dev/null
    {
        echo '# Made by `make lock`.'
        grep -vE '^(nvidia|cuda|triton|cmake|lit)' "$target.new"
        cat requirements/lock/nodeps.txt
    } >"$target"
    rm "$target.new"
    if [ "$1" = compiled ]; then # mmcv itself is compiled afterwards
        sed -i '/^mmcv-lite==/d' "$target"
    fi
}

for minor in 9 10 11 12 13; do
    lock default "$minor"
    lock oldest "$minor"
done
for minor in 9 10; do
    lock compiled "$minor"
done
