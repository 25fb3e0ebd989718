#!/usr/bin/env bash
# Stops the whole lottery-ticket script (training, analysis, figures, report) with SIGKILL, SIGTERM and SIGINT at random moments until it gets
# through, and compares every table, figure and checkpoint with those of an undisturbed run. Usage: tests/faults/analysis.sh [SIGNALS] [SECONDS]
# where SECONDS is the longest time before a signal.
set -meuo pipefail # job control: every job is a process group of its own, and does not ignore SIGINT
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
signals=${1:-20}
longest=${2:-20}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
script() { dotnet fsi scripts/analyze-lt.fsx steps=300 seeds=2 runs="$work/$1/runs" out="$work/$1/out" > "$work/log" 2>&1; }

script undisturbed
RANDOM=1
sent=0
names=(KILL TERM INT)
for ((round = 1; sent < signals; round++)); do
    rm -rf "$work/disturbed"
    while :; do
        script disturbed &
        child=$!
        name=""
        if ((sent < signals)); then
            sleep "$((RANDOM % longest)).$((RANDOM % 10))"
            # To the whole group, as a terminal does: `dotnet fsi` is two processes.
            name=${names[RANDOM % 3]}
            if kill -"$name" -- "-$child" 2> /dev/null; then sent=$((sent + 1)); else name=""; fi
        fi
        code=0
        wait "$child" || code=$?
        while pgrep -g "$child" > /dev/null; do sleep 0.1; done
        [ "$code" -eq 0 ] && break
        [ -n "$name" ] || { echo "exit code $code without a signal:"; cat "$work/log"; exit 1; }
        echo "$name: $(tail -n 1 "$work/log")"
    done
    # Where and when results were made is all that may differ: the last columns of the lineage are begin, end and seconds of each run.
    sed -i -E 's/(,[-0-9]{10}T[:0-9]{8}Z){2},[.0-9]+$//' "$work"/*/out/lineage.csv
    diff -r -I '^command,' -I '^trained_\(from\|to\),' -I '^seconds_of_all_runs,' -I '<metadata>' -x run.json -x lock -x '*.html' "$work/undisturbed" "$work/disturbed" || { echo "round $round differs"; exit 1; }
done
echo "$sent signals; $((round - 1)) times the script got through with the same tables, figures and checkpoints"
