#!/usr/bin/env bash
# The study in docs/study, and the README's table from it. Goes on where it was interrupted.
#
#   recipes/study.sh SQUAD_DEV [STUDY FLAGS]
#
# SQUAD_DEV: questions to score the student on, a SQuAD file. About two hours on two quiet cores, 10 GB
# of memory and of disk (runs/ and bundles/). OTHER="FOLDER ..." adds results made elsewhere: of phones,
# counts of ARM instructions (recipes/arm_instructions.py). TEACHER names a checkpoint folder that is
# scored beside the student. What docs/study/results holds of other students or machines stays in the
# report: remove it before the first run (git rm docs/study/results/*.json), not before going on.
set -euo pipefail
data=$1
shift
results=docs/study/results
tool=${TOOL:-distilbert-mobile}
read -ra other <<<"${OTHER:-}"

$tool study --full --data "$data" --results "$results" --report docs/study ${other[@]:+--also "${other[@]}"} "$@"
if [ -n "${TEACHER:-}" ]; then
  $tool evaluate "$TEACHER" --data "$data" --out "$results"
fi
$tool report "$results" ${other[@]:+"${other[@]}"} --out docs/study
"${PYTHON:-python}" recipes/readme_table.py docs/study/report.md README.md
