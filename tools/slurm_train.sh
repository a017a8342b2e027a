#!/usr/bin/env bash
# Trains as a slurm job, one process for each GPU; slurm.sh has the settings.
#
#   bash tools/slurm_train.sh PARTITION JOB_NAME CONFIG WORK_DIR [options]
set -euo pipefail

if [ $# -lt 4 ]; then
    echo "usage: bash $0 PARTITION JOB_NAME CONFIG WORK_DIR [options]" >&2
    exit 2
fi
exec bash "$(dirname "$0")/slurm.sh" train.py "$1" "$2" \
    "$3" --work-dir "$4" --launcher slurm "${@:5}"
