#!/usr/bin/env bash
# The student that ships, from the teacher's weights and the data to models/ and its proof.
#
#   recipes/ship_student.sh ENCODER DATA RUNS
#
# ENCODER: all-MiniLM-L6-v2, a folder or a Hub id. DATA: as recipes/runs.mk says, which makes the trainings
# in RUNS; what is there is not made again, and what was interrupted goes on. Some six hours on
# two CPU cores with fast int8 and bfloat16 products.
set -euo pipefail
encoder=$1 data=$2 runs=$3
here=$(cd "$(dirname "$0")/.." && pwd)
model=$here/models/minilm-l6-squad
dev=$data/qa/squad11-dev-A.json.gz
export TOOL=${TOOL:-distilbert-mobile}

# 1. All trainings: two at a time, each on one core, where two are independent.
trained() { make -f "$here/recipes/runs.mk" ENCODER="$encoder" DATA="$data" RUNS="$runs" "$@"; }
OMP_NUM_THREADS=1 trained -j 2 "$runs/minilm-l6-third"
trained "$runs/fourth"
OMP_NUM_THREADS=1 trained -j 2 student

# 2. As it is handed on: the mean of the last two runs, with its scores.
[ -e "$model" ] || $TOOL pack "$runs/fifth-a" --average "$runs/fifth-b" --license apache-2.0 \
  --data-license cc-by-sa-4.0 --about "$here/recipes/student_about.md" \
  --eval-data "$dev" --out "$model"

# 3. The two files that ship, which may lose 0.3 points.
[ -e "$runs/bundle" ] || $TOOL export "$model" --runtime tflite,pte --recipe int8-embed4 \
  --buckets 64,128,256,384 --gate-data "$dev" --max-f1-drop 0.3 --out "$runs/bundle"
