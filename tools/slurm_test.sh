#!/usr/bin/env bash
# Tests as a slurm job, one process for each GPU; slurm.sh has the settings.
#
#   bash tools/slurm_test.sh PARTITION JOB_NAME CONFIG CHECKPOINT [options]
set -euo pipefail

if [ $# -lt 4 ]; then
    echo "usage: bash $0 PARTITION JOB_NAME CONFIG CHECKPOINT [options]" >&2
    exit 2
fi
exec bash "$(dirname "$0")/slurm.sh" test.py "$1" "$2" \
    "$3" "$4" --launcher slurm "${@:5}"
