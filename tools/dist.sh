#!/usr/bin/env bash
# What dist_train.sh and dist_test.sh share: SCRIPT GPUS [its arguments].
set -euo pipefail

SCRIPT=$1
GPUS=$2
shift 2

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
    "$(dirname "$0")/$SCRIPT" "$@"
