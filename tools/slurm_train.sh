#!/usr/bin/env bash
# Trains as a slurm job, one process for each GPU.
#
#   bash tools/slurm_train.sh PARTITION JOB_NAME CONFIG WORK_DIR [options]
#
# Environment: GPUS (8) in all, GPUS_PER_NODE (8 or GPUS), CPUS_PER_TASK (5),
# NNODES (slurm's choice), PORT (29500), MASTER_ADDR (the first machine of the
# job), SRUN_ARGS for anything else that srun takes.
set -euo pipefail

if [ $# -lt 4 ]; then
    echo "usage: bash $0 PARTITION JOB_NAME CONFIG WORK_DIR [options]" >&2
    exit 2
fi
PARTITION=$1
JOB_NAME=$2
CONFIG=$3
WORK_DIR=$4
shift 4

GPUS=${GPUS:-8}
GPUS_PER_NODE=${GPUS_PER_NODE:-$((GPUS < 8 ? GPUS : 8))}
export MASTER_PORT=${PORT:-29500}
SRUN_OPTIONS=(
    -p "$PARTITION"
    --job-name="$JOB_NAME"
    --gres="gpu:$GPUS_PER_NODE"
    --ntasks="$GPUS"
    --ntasks-per-node="$GPUS_PER_NODE"
    --cpus-per-task="${CPUS_PER_TASK:-5}"
    --kill-on-bad-exit=1
)
if [ -n "${NNODES:-}" ]; then
    SRUN_OPTIONS+=(--nodes="$NNODES")
fi

# SRUN_ARGS is a list of words.
# shellcheck disable=SC2086
exec srun "${SRUN_OPTIONS[@]}" ${SRUN_ARGS:-} \
    "${PYTHON:-python}" -u "$(dirname "$0")/train.py" "$CONFIG" \
    --work-dir "$WORK_DIR" --launcher slurm "$@"
