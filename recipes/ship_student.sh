#!/usr/bin/env bash
# The student that ships, from the teacher's weights and the data to models/ and its proof.
#
#   recipes/ship_student.sh ENCODER DATA RUNS
#
# ENCODER: all-MiniLM-L6-v2, a folder or a Hub id. DATA: a folder with qa/squad11-train-*.json.gz,
# qa/squad11-dev-A.json.gz, qa/qamr-train.json.gz, text/wikipedia-en-*.txt.gz and
# text/openstax-*.txt.gz. RUNS: where checkpoints are written; what is there already is not made again,
# and what was interrupted goes on. Two hours on one CPU core with int8 dot products.
set -euo pipefail
encoder=$1 data=$2 runs=$3
here=$(cd "$(dirname "$0")/.." && pwd)
model=$here/models/minilm-l6-squad
squad=("$data"/qa/squad11-train-*.json.gz)
qamr=$data/qa/qamr-train.json.gz
dev=$data/qa/squad11-dev-A.json.gz
tool=${TOOL:-distilbert-mobile}

make() { # OUT COMMAND ...: unless OUT is there
  local out=$1
  shift
  [ -e "$out" ] || { echo "== $out" >&2 && $tool "$@" --out "$out"; }
}

# 1. All six layers; the word table keeps the 16,000 tokens that the texts use most, which is what
#    lets six layers fit into 15 MB with 4-bit words.
make "$runs/minilm-l6-v16k" student --teacher "$encoder" --family bert --layers 0,1,2,3,4,5 --head none \
  --vocab-from "${squad[@]}" "$qamr" "$data"/text/wikipedia-en-*.txt.gz "$data"/text/openstax-*.txt.gz \
  --vocab-size 16000

# 2. Questions. The layers' products run in int8, as they will on the phone; the word table stays.
make "$runs/minilm-l6-squad" finetune --student "$runs/minilm-l6-v16k" --task squad \
  --data "${squad[@]}" "$qamr" --eval-data "$dev" --questions 88000 --eval-questions 1000 --eval-every 1700 \
  --epochs 1 --batch-size 16 --max-length 256 --dropout 0 --freeze embeddings \
  --learning-rate 1.5e-4 --warmup 0.06 --precision int8 --attention sdpa --compile

# 3. As it is handed on, with its scores; then the two files that ship, which may lose half a point.
make "$model" pack "$runs/minilm-l6-squad" --license apache-2.0 --data-license cc-by-sa-4.0 \
  --about "$here/recipes/student_about.md" --eval-data "$dev"
make "$runs/bundle" export "$model" --runtime tflite,pte --recipe int8-embed4 --buckets 128,256,384 \
  --gate-data "$dev" --max-f1-drop 0.5
