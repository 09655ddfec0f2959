# The fine-tunings of the distillation study, which recipes/runs.mk and recipes/gpu.mk share. They set before it:
# SHORT, the fine-tuning on a part of SQuAD; QA_TEACHER, the teacher of the second distillation; MLM_TEACHER,
# that of the pre-training in $(R)/ablations; SAVE, how often a run saves its state (default: as the tool does);
# THREADS, the setting for their number (default: as torch does). STARTS are those of $(R)/ablations.
COMMA := ,
SPACE := $() $()
STARTS := full no-kl no-cosine no-mlm random

$(R)/cut: | $(MLM_TEACHER)
	$(TOOL) student --teacher $(MLM_TEACHER) --head mlm --out $@

SEEDS := 42 43 44

# What each start is worth for three tasks, with the same budget; of labels the median seed counts.
LABELS = $(THREADS) $(TOOL) finetune --task classification --data $(DATA)/classification/$(1)-train.tsv.gz \
  --eval-data $(DATA)/classification/$(1)-dev.tsv.gz --epochs 1 --dropout 0 \
  --seeds $(subst $(SPACE),$(COMMA),$(SEEDS)) $(SAVE) --out $@
define tasks_of # START STUDENT MADE_BY
$(R)/squad-$(1): | $(3)
	$$(SHORT) --student $(2)
$(R)/clinc-$(1): | $(3)
	$$(call LABELS,clinc150) --student $(2) --max-length 64 --batch-size 64 --learning-rate 3e-4
$(R)/polarity-$(1): | $(3)
	$$(call LABELS,sentence-polarity) --student $(2) --batch-size 32 --learning-rate 2e-4
endef
$(foreach start,$(STARTS),$(eval $(call tasks_of,$(start),$(R)/ablations/$(start),$(R)/ablations)))
$(eval $(call tasks_of,cut,$(R)/cut,$(R)/cut))

# Second distillation against plain fine-tuning, three seeds, from the pre-trained student; squad-full is the
# first plain one.
OTHERS := $(filter-out 42,$(SEEDS))
$(addprefix $(R)/plain-,$(OTHERS)): $(R)/plain-%: | $(R)/ablations
	$(SHORT) --student $(R)/ablations/full --seed $*
$(addprefix $(R)/second-,$(SEEDS)): $(R)/second-%: | $(R)/ablations $(QA_TEACHER)
	$(SHORT) --student $(R)/ablations/full --seed $* --teacher $(QA_TEACHER)

FINETUNED := $(foreach task,squad clinc polarity,$(addprefix $(R)/$(task)-,$(STARTS) cut)) \
  $(addprefix $(R)/plain-,$(OTHERS)) $(addprefix $(R)/second-,$(SEEDS))
distillation: $(FINETUNED)
