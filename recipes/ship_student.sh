#!/usr/bin/env bash
# The student that ships, from the teacher's weights and the data to models/ and its proof.
#
#   recipes/ship_student.sh ENCODER DATA RUNS
#
# ENCODER: all-MiniLM-L6-v2, a folder or a Hub id. DATA: as recipes/runs.mk says, which makes the trainings
# in RUNS; what is there is not made again, and what was interrupted goes on. Some four hours on
# two CPU cores with fast int8 and bfloat16 products.
set -euo pipefail
encoder=$1 data=$2 runs=$3
here=$(cd "$(dirname "$0")/.." && pwd)
model=$here/models/minilm-l6-squad
dev=$data/qa/squad11-dev-A.json.gz
export TOOL=${TOOL:-distilbert-mobile}

# 1. All trainings; the last two are independent, each for one core.
OMP_NUM_THREADS=1 make -j 2 -f "$here/recipes/runs.mk" student ENCODER="$encoder" DATA="$data" RUNS="$runs"

# 2. As it is handed on: the mean of both runs, with its scores.
[ -e "$model" ] || $TOOL pack "$runs/third-a" --average "$runs/third-b" --license apache-2.0 \
  --data-license cc-by-sa-4.0 --about "$here/recipes/student_about.md" \
  --eval-data "$dev" --out "$model"

# 3. The two files that ship, which may lose 0.3 points.
[ -e "$runs/bundle" ] || $TOOL export "$model" --runtime tflite,pte --recipe int8-embed4 \
  --buckets 64,128,256,384 --gate-data "$dev" --max-f1-drop 0.3 --out "$runs/bundle"
