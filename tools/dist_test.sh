#!/usr/bin/env bash
# Tests with one process for each GPU, on one machine or several.
#
#   bash tools/dist_test.sh CONFIG CHECKPOINT GPUS [options of tools/test.py]
#
# Several machines: as with dist_train.sh.
set -euo pipefail

if [ $# -lt 3 ]; then
    echo "usage: bash $0 CONFIG CHECKPOINT GPUS [options of tools/test.py]" >&2
    exit 2
fi
exec bash "$(dirname "$0")/dist.sh" test.py "$3" \
    "$1" "$2" --launcher pytorch "${@:4}"
