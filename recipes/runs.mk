# Every training of this repository: each target is a folder of RUNS, made once and from what it needs.
#
#   make -f recipes/runs.mk GROUP ENCODER=all-MiniLM-L6-v2 DATA=DIR RUNS=DIR
#
# GROUP: student (what ships), student-narrow (a narrower one, not good enough to ship), student-ablation (what
# its steps are worth), distillation (the proof of distill/, docs/distillation). DATA: a folder with
# qa/squad11-*.json.gz, qa/qamr-train.json.gz, text/*.txt.gz and classification/*.tsv.gz. What is there is not
# made again, and what was interrupted goes on with the same command. On a GPU `-j 6` trains side by side what
# does not wait for another: these nets are too small to fill one.
TOOL ?= distilbert-mobile
SQUAD := $(sort $(wildcard $(DATA)/qa/squad11-train-*.json.gz))
QAMR := $(DATA)/qa/qamr-train.json.gz
DEV := $(DATA)/qa/squad11-dev-A.json.gz
WIKIPEDIA := $(sort $(wildcard $(DATA)/text/wikipedia-en-*.txt.gz))
R := $(RUNS)

.PHONY: student student-narrow student-ablation distillation
student: $(R)/third-a $(R)/third-b
student-narrow: $(R)/minilm-l6-fifth

# All six layers; the word table keeps the 16,000 tokens that the texts use most, which is what lets six
# layers fit into 15 MB with 4-bit words.
$(R)/minilm-l6-v16k:
	$(TOOL) student --teacher $(ENCODER) --family bert --layers 0,1,2,3,4,5 --head none \
	  --vocab-from $(SQUAD) $(QAMR) $(WIKIPEDIA) $(sort $(wildcard $(DATA)/text/openstax-*.txt.gz)) \
	  --vocab-size 16000 --out $@

# A pass over questions: short windows, and the tables stay.
PASS := --task squad --eval-data $(DEV) --eval-questions 1000 --epochs 1 --batch-size 16 --max-length 256 \
  --dropout 0 --freeze embeddings

# ---- the student that ships: hours on CPU cores with fast int8 and bfloat16 products -----------------------
# The layers' products run in int8, as they will on the phone.
INT8 := $(PASS) --precision int8 --attention sdpa --compile

$(R)/minilm-l6-squad: | $(R)/minilm-l6-v16k
	$(TOOL) finetune --student $(R)/minilm-l6-v16k --data $(SQUAD) $(QAMR) --questions 88000 \
	  --eval-every 1700 --learning-rate 1.5e-4 --warmup 0.06 $(INT8) --out $@

# From here on the tables are those that ship: 4 bits, rounded once.
$(R)/minilm-l6-rounded: | $(R)/minilm-l6-squad
	$(TOOL) student --teacher $(R)/minilm-l6-squad --family bert --depth 6 --head qa --table-bits 4 --out $@

# Two more passes over other questions, side by side; the mean of their weights stands in for the end of the
# learning rate's fall that neither of them reaches.
SECOND = $(TOOL) finetune --student $(R)/minilm-l6-rounded --data $(SQUAD) --learning-rate 1e-4 --warmup 0.03 \
  --save-every 200 $(INT8) --out $@
$(R)/second-a: | $(R)/minilm-l6-rounded
	$(SECOND) --questions 56000 --seed 11 --stop-after 2800
$(R)/second-b: | $(R)/minilm-l6-rounded
	$(SECOND) --questions 46000 --seed 12 --stop-after 2750

# Two passes from that mean, one of them with it as the teacher; their mean ships. Labels whose place is a
# guess are left out.
MEAN_OF = $(TOOL) pack $(1)-a --average $(1)-b --license apache-2.0 --data-license cc-by-sa-4.0 \
  --eval-data $(DEV) --out $@
NEXT := --data $(SQUAD) --hard-labels certain --warmup 0.03 --learning-rate 1e-4
BF16 := $(PASS) --precision bf16 --attention eager --compile --save-every 200
$(R)/minilm-l6-second: | $(R)/second-a $(R)/second-b
	$(call MEAN_OF,$(R)/second)
THIRD = $(TOOL) finetune --student $(R)/minilm-l6-second $(BF16) $(NEXT) --out $@
$(R)/third-a: | $(R)/minilm-l6-second
	$(THIRD) --seed 21
$(R)/third-b: | $(R)/minilm-l6-second
	$(THIRD) --seed 22 --questions 52000 --teacher $(R)/minilm-l6-second

# ---- narrower, for size and speed: its files are just not good enough to ship -------------------------------
# What stays is near the whole network after the fit, so that alone teaches, without labels, and gently at last.
$(R)/minilm-l6-third: | $(R)/third-a $(R)/third-b
	$(call MEAN_OF,$(R)/third)
$(R)/minilm-l6-pruned: | $(R)/minilm-l6-third
	$(TOOL) prune $(R)/minilm-l6-third --data $(SQUAD) --heads 0.2 --neurons 0.45 --examples 1000 --out $@
FOURTH = $(TOOL) finetune --teacher $(R)/minilm-l6-third --weight-task 0 --weight-kl 1 --weight-cosine 1 $(BF16) \
  --data $(SQUAD) --warmup 0.03 --out $@
$(R)/fourth: | $(R)/minilm-l6-pruned
	$(FOURTH) --student $(R)/minilm-l6-pruned --questions 30000 --learning-rate 1e-4 --seed 81
FIFTH = $(FOURTH) --student $(R)/fourth --questions 32000 --learning-rate 3e-5
$(R)/fifth-a: | $(R)/fourth
	$(FIFTH) --seed 82
$(R)/fifth-b: | $(R)/fourth
	$(FIFTH) --seed 83
$(R)/minilm-l6-fifth: | $(R)/fifth-a $(R)/fifth-b
	$(call MEAN_OF,$(R)/fifth)

# ---- the steps of distillation on a student of five narrower layers: minutes on a GPU --------------------
$(R)/corpus-256: | $(R)/minilm-l6-v16k
	$(TOOL) tokenize --tokenizer $(R)/minilm-l6-v16k --max-length 256 --text $(WIKIPEDIA) $(SQUAD) --out $@

BIG := --corpus $(R)/corpus-256 --batch-tokens 32768 --micro-batch-tokens 32768 --smoothing 0 --dropout 0 \
  --eval-every 400 --eval-sequences 200 --workers 3
$(R)/minilm-l6-mlm: | $(R)/corpus-256
	$(TOOL) pretrain --student $(R)/minilm-l6-v16k --tokens 52000000 --learning-rate 3e-4 $(BIG) --out $@

QA := --task squad --data $(SQUAD) $(QAMR) --eval-data $(DEV) --max-length 384 --batch-size 64 --warmup 0.06
TEACHER := $(QA) --epochs 3 --dropout 0.1 --learning-rate 2.5e-4
TEACHERS := $(R)/teacher-1 $(R)/teacher-2 $(R)/teacher-3
$(R)/teacher-1: | $(R)/minilm-l6-v16k
	$(TOOL) finetune --student $(R)/minilm-l6-v16k --seed 1 $(TEACHER) --out $@
$(R)/teacher-2 $(R)/teacher-3: $(R)/teacher-%: | $(R)/minilm-l6-mlm
	$(TOOL) finetune --student $(R)/minilm-l6-mlm --seed $* $(TEACHER) --out $@

NARROW := $(TOOL) student --family bert --layers 0,1,2,4,5 --intermediate 1152
$(R)/narrow-mlm: | $(R)/minilm-l6-mlm
	$(NARROW) --teacher $(R)/minilm-l6-mlm --head mlm --out $@
$(R)/narrow-pre: | $(R)/narrow-mlm
	$(TOOL) pretrain --teacher $(R)/minilm-l6-mlm --student $(R)/narrow-mlm --tokens 52000000 \
	  --kl-positions sampled --learning-rate 5e-4 $(BIG) --out $@
$(R)/narrow: | $(R)/narrow-pre
	$(TOOL) student --family bert --depth 5 --teacher $(R)/narrow-pre --head none --table-bits 4 --out $@
$(R)/narrow-cut: | $(R)/minilm-l6-v16k
	$(NARROW) --teacher $(R)/minilm-l6-v16k --head none --table-bits 4 --out $@

PART = $(TOOL) finetune $(QA) --questions 40000 --epochs 1 --dropout 0 --freeze embeddings \
  --learning-rate 4e-4 --weight-task 0.3 --weight-kl 0.7 --out $@
student-ablation: $(addprefix $(R)/part-,full no-hidden no-second no-pretraining)
$(R)/part-full: | $(R)/narrow $(TEACHERS)
	$(PART) --student $(R)/narrow --teacher $(TEACHERS) --weight-cosine 0.5
$(R)/part-no-hidden: | $(R)/narrow $(TEACHERS)
	$(PART) --student $(R)/narrow --teacher $(TEACHERS)
$(R)/part-no-second: | $(R)/narrow
	$(PART) --student $(R)/narrow
$(R)/part-no-pretraining: | $(R)/narrow-cut $(TEACHERS)
	$(PART) --student $(R)/narrow-cut --teacher $(TEACHERS) --weight-cosine 0.5

# ---- the proof of distill/: docs/distillation, hours on two CPU cores ---------------------------------------
# Five students on one teacher pass, and the one that is only cut out of the teacher. TOKENS is their budget.
# Small updates: with this little text their number counts for more than their size.
TOKENS ?= 2500000
$(R)/corpus-128: | $(R)/minilm-l6-v16k
	$(TOOL) tokenize --tokenizer $(R)/minilm-l6-v16k --max-length 128 --text $(WIKIPEDIA) $(SQUAD) --out $@

SMALL := --corpus $(R)/corpus-128 --batch-tokens 2048 --micro-batch-tokens 2048 --smoothing 0 --dropout 0 \
  --precision bf16 --eval-every 500 --eval-sequences 400
$(R)/mlm-teacher: | $(R)/corpus-128
	$(TOOL) pretrain --student $(R)/minilm-l6-v16k --tokens $(TOKENS) --learning-rate 3e-4 $(SMALL) --out $@
$(R)/ablations: | $(R)/mlm-teacher
	$(TOOL) pretrain --teacher $(R)/mlm-teacher --ablations $(subst $(SPACE),$(COMMA),$(STARTS)) \
	  --kl-positions sampled --tokens $(TOKENS) --learning-rate 3e-4 $(SMALL) --out $@

# The student that ships has the same vocabulary, and is the best answerer of questions at hand.
MLM_TEACHER := $(R)/mlm-teacher
QA_TEACHER := $(dir $(lastword $(MAKEFILE_LIST)))../models/minilm-l6-squad
SAVE := --save-every 500
QUESTIONS ?= 10000
# `make -j 2` runs two at a time; with more threads than cores they would wait for each other.
THREADS := OMP_NUM_THREADS=1
SHORT = $(THREADS) $(TOOL) finetune --task squad --data $(SQUAD) --eval-data $(DEV) --questions $(QUESTIONS) \
  --eval-questions 2600 --epochs 1 --max-length 256 --dropout 0 --batch-size 4 --learning-rate 2e-4 \
  --precision bf16 $(SAVE) --out $@
include $(dir $(lastword $(MAKEFILE_LIST)))distillation.mk

# The step's speed against the authors' method, in the machine's best precision and in theirs, and the memory
# of its losses. Wants the machine for itself, so it comes last.
BENCH = $(TOOL) train-bench --teacher $(R)/mlm-teacher --student $(R)/ablations/full \
  --corpus $(R)/corpus-128 --rounds 5 --batch-tokens 8192 --out $@
$(R)/train-bench.json: | $(R)/ablations $(FINETUNED)
	$(BENCH) --memory
$(R)/train-bench-fp32.json: | $(R)/train-bench.json
	$(BENCH) --precision fp32

distillation: $(R)/train-bench-fp32.json
