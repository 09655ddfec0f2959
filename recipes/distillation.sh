#!/usr/bin/env bash
# The proof of distill/: pre-training, its ablations and the second distillation, on real data.
#
#   recipes/distillation.sh ENCODER DATA RUNS
#
# ENCODER: all-MiniLM-L6-v2, a folder or a Hub id. DATA: a folder with text/*.txt.gz, qa/squad11-*
# and classification/clinc150-*, sentence-polarity-* (see docs/distillation-study.md). RUNS: where
# everything is written; what is there already is not made again, and what was interrupted goes on.
# About six hours on two CPU cores.
set -euo pipefail
encoder=$1 data=$2 runs=$3
squad=("$data"/qa/squad11-train-*.json.gz)
dev=$data/qa/squad11-dev-A.json.gz
tool=${TOOL:-distilbert-mobile}

make() { # OUT COMMAND ...: unless OUT is there
  local out=$1
  shift
  [ -e "$out" ] || { echo "== $out" >&2 && $tool "$@" --out "$out"; }
}

# 1. Text, and a masked-LM head (and encoder) for a teacher that comes without.
make "$runs/corpus-256" tokenize --tokenizer "$encoder" --max-length 256 \
  --text "$data"/text/*.txt.gz "${squad[@]}"
make "$runs/minilm-l6-mlm" pretrain --student "$encoder" --corpus "$runs/corpus-256" \
  --tokens 4000000 --batch-tokens 4096 --micro-batch-tokens 4096 --learning-rate 4e-4 \
  --smoothing 0 --dropout 0 --eval-sequences 200 --eval-every 250

# 2. Five students on one teacher pass, and the one that is only cut out of the teacher.
make "$runs/ablations" pretrain --teacher "$runs/minilm-l6-mlm" --corpus "$runs/corpus-256" \
  --ablations full,no-kl,no-cosine,no-mlm,random --kl-positions sampled --smoothing 0 \
  --tokens 3000000 --batch-tokens 4096 --micro-batch-tokens 4096 --dropout 0 \
  --eval-sequences 200 --eval-every 200 --save-every 20
make "$runs/cut" student --teacher "$runs/minilm-l6-mlm" --head mlm

# 3. What each start is worth for three tasks, with the same budget.
for start in full no-kl no-cosine no-mlm random cut; do
  student=$runs/ablations/$start
  [ $start != cut ] || student=$runs/cut
  make "$runs/squad-$start" finetune --student "$student" --task squad --data "${squad[@]}" \
    --eval-data "$dev" --questions 16000 --epochs 1 --batch-size 8 --max-length 256 --dropout 0 \
    --learning-rate 1.5e-4
  make "$runs/clinc-$start" finetune --student "$student" --task classification \
    --data "$data/classification/clinc150-train.tsv.gz" \
    --eval-data "$data/classification/clinc150-dev.tsv.gz" --max-length 64 --epochs 2 \
    --batch-size 64 --dropout 0 --learning-rate 3e-4
  make "$runs/polarity-$start" finetune --student "$student" --task classification \
    --data "$data/classification/sentence-polarity-train.tsv.gz" \
    --eval-data "$data/classification/sentence-polarity-dev.tsv.gz" --epochs 2 \
    --batch-size 32 --dropout 0 --learning-rate 2e-4
done

# 4. Second distillation against plain fine-tuning, three seeds, from the pre-trained student.
make "$runs/squad-teacher" finetune --student "$encoder" --task squad --data "${squad[@]}" \
  --eval-data "$dev" --questions 28000 --epochs 1 --max-length 256 --dropout 0 \
  --learning-rate 1.5e-4
plain=(finetune --student "$runs/ablations/full" --task squad --data "${squad[@]}" \
  --eval-data "$dev" --questions 16000 --epochs 1 --batch-size 8 --max-length 256 --dropout 0 \
  --learning-rate 1.5e-4 --seeds 1,2,3)
make "$runs/plain" "${plain[@]}"
make "$runs/second" "${plain[@]}" --teacher "$runs/squad-teacher"

# 5. The step's speed against the authors' method, and the memory of its losses.
[ -e "$runs/train-bench.json" ] || $tool train-bench --teacher "$runs/minilm-l6-mlm" \
  --student "$runs/ablations/full" --corpus "$runs/corpus-256" --rounds 7 --memory \
  --out "$runs/train-bench.json"
