#!/usr/bin/env bash
# What slurm_train.sh and slurm_test.sh share: SCRIPT PARTITION JOB_NAME [its
# arguments].
#
# Environment: GPUS (8) in all, GPUS_PER_NODE (8 or GPUS), CPUS_PER_TASK (5),
# NNODES (slurm's choice), PORT (29500), MASTER_ADDR (the first machine of the
# job), SRUN_ARGS for anything else that srun takes.
set -euo pipefail

SCRIPT=$1
GPUS=${GPUS:-8}
GPUS_PER_NODE=${GPUS_PER_NODE:-$((GPUS < 8 ? GPUS : 8))}
export MASTER_PORT=${PORT:-29500}
SRUN_OPTIONS=(
    -p "$2"
    --job-name="$3"
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
    "${PYTHON:-python}" -u "$(dirname "$0")/$SCRIPT" "${@:4}"
