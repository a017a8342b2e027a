#!/usr/bin/env bash
# Tests with one process for each GPU, on one machine or several.
#
#   bash tools/dist_test.sh CONFIG CHECKPOINT GPUS [options of tools/test.py]
#
# On each of several machines, with NODE_RANK 0, 1, ... and the first one's
# address:
#
#   NNODES=2 NODE_RANK=0 MASTER_ADDR=10.0.0.1 PORT=29500 \
#       bash tools/dist_test.sh CONFIG CHECKPOINT GPUS
set -euo pipefail

if [ $# -lt 3 ]; then
    echo "usage: bash $0 CONFIG CHECKPOINT GPUS [options of tools/test.py]" >&2
    exit 2
fi
CONFIG=$1
CHECKPOINT=$2
GPUS=$3
shift 3

case $GPUS in
'' | 0 | *[!0-9]*)
    echo "GPUS is '$GPUS'; give a number of processes, 1 or more" >&2
    exit 2
    ;;
esac

# A thread for each core, shared out; more of them slow each other down.
CORES=$(nproc)
THREADS=$((CORES / GPUS))
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-$((THREADS > 0 ? THREADS : 1))}

exec "${PYTHON:-python}" -m torch.distributed.run \
    --nnodes="${NNODES:-1}" \
    --node_rank="${NODE_RANK:-0}" \
    --master_addr="${MASTER_ADDR:-127.0.0.1}" \
    --master_port="${PORT:-29500}" \
    --nproc_per_node="$GPUS" \
    "$(dirname "$0")/test.py" "$CONFIG" "$CHECKPOINT" --launcher pytorch "$@"
