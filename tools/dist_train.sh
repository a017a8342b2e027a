#!/usr/bin/env bash
# Trains with one process for each GPU, on one machine or several.
#
#   bash tools/dist_train.sh CONFIG GPUS [options of tools/train.py]
#
# On each of several machines, with NODE_RANK 0, 1, ... and the first one's
# address:
#
#   NNODES=2 NODE_RANK=0 MASTER_ADDR=10.0.0.1 PORT=29500 \
#       bash tools/dist_train.sh CONFIG GPUS
set -euo pipefail

if [ $# -lt 2 ]; then
    echo "usage: bash $0 CONFIG GPUS [options of tools/train.py]" >&2
    exit 2
fi
exec bash "$(dirname "$0")/dist.sh" train.py "$2" \
    "$1" --launcher pytorch "${@:3}"
