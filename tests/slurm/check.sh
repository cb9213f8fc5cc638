#!/bin/sh
# Sweeps on a real Slurm, by hand: an array of four trainings; eight trials cancelled in the middle and submitted again,
# of which the finished ones are not touched; successive halving by dependent arrays against the same sweep run here.
# Starts the daemons of cluster.sh and stops them at its end. About four minutes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
main=$here/../../dist/src/cli/main.js
work=$(mktemp -d)
"$here/cluster.sh" start
trap '"$here/cluster.sh" stop' EXIT
. "$("$here/cluster.sh" environment)"
cd "$work"
echo "in $work"

genloom() { node "$main" "$@"; }

# Waits until no job is left.
drained() {
  for _ in $(seq 300); do
    [ -z "$(squeue -h)" ] && return 0
    sleep 1
  done
  echo "jobs are left after 300 s" >&2
  return 1
}

echo "== an array of four trainings"
cat >four.json <<'JSON'
{ "train": "gan", "options": { "preset": "ring", "steps": 300, "count": 1000, "threads": 1 },
  "vary": { "batch": [32, 64], "config.optimizers.generator.learningRate.from": [0.001, 0.0003] },
  "metric": "fid", "slurm": { "time": "0:05:00" } }
JSON
genloom sweep four.json --slurm --submit
drained
genloom sweep four.json --json >four.out
node -e 'const { finished } = JSON.parse(fs.readFileSync("four.out")); if (finished !== 4) throw new Error(`${finished} of 4`)'
genloom runs sweeps/four --by fid

echo "== eight trials, cancelled in the middle and submitted again"
cat >eight.json <<'JSON'
{ "train": "gan", "options": { "preset": "ring", "steps": 600, "count": 1000, "threads": 1 },
  "vary": { "batch": [16, 32, 48, 64], "data": ["ring", "grid"] }, "metric": "highQuality" }
JSON
genloom sweep eight.json --slurm --submit
until [ -e sweeps/eight/trial-0002/result.json ] && [ -e sweeps/eight/trial-0004/config.json ]; do sleep 0.5; done
scancel -n eight
drained
genloom runs sweeps/eight
state() { for one in $1; do (cd "$one" && find . -type f -printf '%p %T@ ' -exec sha256sum {} +); done; }
finished=$(for one in sweeps/eight/trial-*; do [ -e "$one/result.json" ] && echo "$one" || :; done)
state "$finished" >before
genloom sweep eight.json --slurm --submit
drained
state "$finished" >after
cmp before after && echo "untouched: $finished"
genloom sweep eight.json

echo "== successive halving by dependent arrays, and here"
cat >halving.json <<'JSON'
{ "train": "gan", "options": { "preset": "ring", "steps": 180, "count": 500, "threads": 1 },
  "vary": { "batch": { "from": 8, "to": 64, "whole": true } },
  "method": "halving", "trials": 6, "least": 20, "metric": "fid" }
JSON
genloom sweep halving.json --slurm --submit
drained
genloom sweep halving.json
genloom sweep halving.json --out alone --quiet >alone.out
for one in 1 2 3 4 5 6; do
  for sweep in sweeps/halving alone; do grep weightHash "$sweep/trial-000$one/result.json"; done | uniq | wc -l | grep -qx 1
done
echo "the same hashes"
