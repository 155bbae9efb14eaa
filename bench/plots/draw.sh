#!/usr/bin/env bash
# Draws what there is of latency_cdf.csv, load.csv and size.csv in DIRECTORY as SVG files beside them.
# Their form is in docs/benchmarks.md. Without gnuplot it says so and leaves the figures as they are.
# usage: draw.sh DIRECTORY
set -euo pipefail

here=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" && pwd -P)
cd -- "$1"
if ! command -v gnuplot >/dev/null; then
  echo "no gnuplot: the figures are in $1"
  exit 0
fi
# Of the run, for the titles.
caveats=$(head -n 1 run.txt 2>/dev/null || true)

for plot in latency_cdf load size; do
  [[ -s $plot.csv ]] || continue
  # Names of the series in the order in which they appear first.
  series=$(awk -F, 'NR > 1 && NF > 1 && !seen[$1]++ {printf "%s ", $1}' "$plot.csv")
  [[ -n $series ]] || continue
  gnuplot -e "file='$plot.csv'; series='${series//[^A-Za-z0-9_.+%\/ -]/}'; caveats='${caveats//\'/}'" \
    "$here/common.gp" "$here/$plot.gp" >"$plot.svg.part"
  mv -- "$plot.svg.part" "$plot.svg"
  echo "drawn: $1/$plot.svg"
done
