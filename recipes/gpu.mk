# The trainings for one GPU: the next student, and the proof of distill/ with larger budgets than CPU cores allow.
#
#   make -j 4 -f recipes/gpu.mk GROUP ENCODER=all-MiniLM-L6-v2 DATA=DIR RUNS=DIR
#
# Tried on a hundred questions; nothing in docs/ or models/ comes from it yet (that is recipes/runs.mk).
# GROUP: student, student-ablation (what its steps are worth), distillation. ENCODER: a folder or a Hub id.
# DATA: a folder with qa/squad11-*.json.gz, qa/qamr-train.json.gz, text/wikipedia-*.txt.gz and
# classification/*.tsv.gz. What is there is not made again, and what was interrupted goes on with the same command.
# FLAGS: for every fine-tuning.
TOOL ?= distilbert-mobile
PYTHON ?= python
FLAGS ?=
SQUAD := $(sort $(wildcard $(DATA)/qa/squad11-train-*.json.gz))
QAMR := $(DATA)/qa/qamr-train.json.gz
DEV := $(DATA)/qa/squad11-dev-A.json.gz
WIKIPEDIA := $(sort $(wildcard $(DATA)/text/wikipedia-en-*.txt.gz))
R := $(RUNS)

.PHONY: student student-ablation distillation
.SECONDARY:
student: $(R)/student

# ---- pre-training: the words of the text, then questions that the text asks of itself ------------------------
MLM_TOKENS ?= 100000000
BIG := --batch-tokens 32768 --micro-batch-tokens 32768 --smoothing 0 --dropout 0 --eval-every 500 \
  --eval-sequences 200 --save-every 500 --workers 3
$(R)/corpus-256:
	$(TOOL) tokenize --tokenizer $(ENCODER) --max-length 256 --text $(WIKIPEDIA) $(SQUAD) --out $@
$(R)/minilm-mlm: | $(R)/corpus-256
	$(TOOL) pretrain --student $(ENCODER) --corpus $(R)/corpus-256 --tokens $(MLM_TOKENS) \
	  --learning-rate 3e-4 $(BIG) --out $@
$(R)/cloze.json.gz:
	$(PYTHON) $(dir $(lastword $(MAKEFILE_LIST)))cloze_questions.py --out $@ $(WIKIPEDIA)

QA := --task squad --eval-data $(DEV) --max-length 384 --warmup 0.06 --save-every 500 $(FLAGS)
$(R)/minilm-cloze: | $(R)/minilm-mlm $(R)/cloze.json.gz
	$(TOOL) finetune --student $(R)/minilm-mlm --data $(R)/cloze.json.gz $(QA) --epochs 1 --batch-size 64 \
	  --learning-rate 2.5e-4 --dropout 0 --out $@

# ---- three teachers of the student, and one that was not pre-trained (for the ablation) ----------------------
TEACHER = $(TOOL) finetune $(QA) --data $(SQUAD) $(QAMR) --epochs 3 --dropout 0.1 --batch-size 64 \
  --learning-rate 2.5e-4 --out $@
TEACHERS := $(R)/teacher-2 $(R)/teacher-3 $(R)/teacher-4
$(R)/teacher-1:
	$(TEACHER) --student $(ENCODER) --seed 1
$(R)/teacher-2: | $(R)/minilm-mlm
	$(TEACHER) --student $(R)/minilm-mlm --seed 2
$(R)/teacher-3 $(R)/teacher-4: $(R)/teacher-%: | $(R)/minilm-cloze
	$(TEACHER) --student $(R)/minilm-cloze --seed $*

# ---- the student: a teacher without its least needed parts, taught by all three ------------------------------
# The tables are rounded to the 4 bits that ship, once; from here on they stay.
define pruned_of # NAME TEACHER
$(R)/rounded$(1): | $(2)
	$$(TOOL) student --teacher $(2) --family bert --depth 6 --head qa --table-bits 4 --out $$@
$(R)/pruned$(1): | $(R)/rounded$(1)
	$$(TOOL) prune $(R)/rounded$(1) --data $$(SQUAD) --heads 0.2 --neurons 0.27 --examples 500 --out $$@
endef
$(eval $(call pruned_of,,$(R)/teacher-3))
$(eval $(call pruned_of,-plain,$(R)/teacher-1))

TAUGHT := --weight-task 0.3 --weight-kl 0.7
SECOND := $(TOOL) finetune $(QA) --data $(SQUAD) $(QAMR) --dropout 0 --batch-size 128 --freeze embeddings \
  --learning-rate 3.5e-4
$(R)/student: | $(R)/pruned $(TEACHERS)
	$(SECOND) --student $(R)/pruned --teacher $(TEACHERS) $(TAUGHT) --weight-cosine 0.5 --epochs 5 --out $@

# What its steps are worth, on 40,000 questions seen once.
PART = $(SECOND) --questions 40000 --epochs 1 --out $@
student-ablation: $(addprefix $(R)/part-,full no-hidden no-second no-pretraining)
$(R)/part-full: | $(R)/pruned $(TEACHERS)
	$(PART) --student $(R)/pruned --teacher $(TEACHERS) $(TAUGHT) --weight-cosine 0.5
$(R)/part-no-hidden: | $(R)/pruned $(TEACHERS)
	$(PART) --student $(R)/pruned --teacher $(TEACHERS) $(TAUGHT)
$(R)/part-no-second: | $(R)/pruned
	$(PART) --student $(R)/pruned
$(R)/part-no-pretraining: | $(R)/pruned-plain $(TEACHERS)
	$(PART) --student $(R)/pruned-plain --teacher $(TEACHERS) $(TAUGHT) --weight-cosine 0.5

# ---- the proof of distill/: docs/distillation ----------------------------------------------------------------
# Five students of three layers on one teacher pass, and the one that is only cut out of the teacher. Small
# updates: with this little text their number counts for more than their size.
TOKENS ?= 10000000
$(R)/ablations: | $(R)/minilm-mlm
	$(TOOL) pretrain --teacher $(R)/minilm-mlm --ablations $(subst $(SPACE),$(COMMA),$(STARTS)) \
	  --corpus $(R)/corpus-256 --kl-positions sampled --tokens $(TOKENS) --learning-rate 4e-4 \
	  --batch-tokens 8192 --micro-batch-tokens 8192 --smoothing 0 --dropout 0 --eval-every 400 \
	  --eval-sequences 200 --save-every 500 --out $@

MLM_TEACHER := $(R)/minilm-mlm
QA_TEACHER := $(R)/teacher-2
SAVE := --save-every 500
SHORT = $(TOOL) finetune --task squad --data $(SQUAD) --eval-data $(DEV) --questions 16000 --epochs 1 \
  --max-length 256 --dropout 0 --batch-size 16 --learning-rate 2e-4 --save-every 500 $(FLAGS) --out $@
include $(dir $(lastword $(MAKEFILE_LIST)))distillation.mk
