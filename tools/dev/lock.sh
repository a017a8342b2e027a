#!/usr/bin/env bash
# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
#
# Resolve requirements/lock/py38.txt, py39.txt and py310.txt anew.
# Needs uv: on the PATH, in .venv (.venv/bin/pip install uv), or as UV=...
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

uv=${UV:-$(command -v uv || echo .venv/bin/uv)}
if [ ! -x "$uv" ]; then
    echo 'uv was not found. Run: .venv/bin/pip install uv' >&2
    exit 1
fi

for minor in 8 9 10; do
    target=requirements/lock/py3$minor.txt
    echo "$target"
    # Wheels alone: a package that has to be compiled is a surprise that is to
    # show here, not on a user's machine. mmcv is the exception (overrides.txt).
    UV_PYTHON_DOWNLOADS=never "$uv" pip compile --quiet --upgrade \
        requirements/runtime.txt requirements/tests.txt \
        requirements/build.txt requirements/lock/constraints.txt \
        --override requirements/lock/overrides.txt \
        --python-version "3.$minor" --python-platform x86_64-manylinux_2_28 \
        --only-binary :all: --no-annotate \
        --custom-compile-command 'make lock' --output-file "$target.new" \
        >/dev/null
    cat requirements/lock/nodeps.txt >>"$target.new"
    mv "$target.new" "$target"
done
