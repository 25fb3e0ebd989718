#!/usr/bin/env bash
# Sweeps on a real Slurm with two nodes on this machine: nothing that happens to workers, nodes or disks may lose a run or change a byte.
#   sweeps.sh short                 a few disturbances of 36 runs; at most 3 minutes
#   sweeps.sh long [N] [SEED]       N disturbances (100), a full disk, two mounts whose locks do not meet
# Prints a line for everything that it does and "N passed, N failed" at the end; exit code 1 when a promise is broken, 3 where Slurm cannot be
# installed or started.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
slurm() { tests/cluster/slurm.sh "$@"; }

form=${1:-short}
disturbances=${2:-100}
RANDOM=${3:-1}
slurm install

root=$(mktemp -d)
passed=0
failed=0
finish() {
    if mountpoint -q "$root/small"; then umount -l "$root/small"; fi
    for mount in "$root"/mount-*; do if mountpoint -q "$mount"; then fusermount -u -z "$mount"; fi; done
    slurm stop "$root/slurm" || true
    [ "$failed" -gt 0 ] && cp -r "$root" "$root.failed" && echo "kept: $root.failed"
    rm -rf "$root"
}
trap finish EXIT
say() { printf '%5d s  %s\n' "$SECONDS" "$*"; }
check() {
    local name=$1
    shift
    if "$@" > "$root/check.log" 2>&1; then
        passed=$((passed + 1))
        say "passed: $name"
    else
        failed=$((failed + 1))
        say "FAILED: $name"
        tail -n 20 "$root/check.log"
    fi
}

settings=$(slurm start "$root/slurm") || exit 3
eval "$settings"
script() { dotnet fsi "scripts/$1.fsx" "${@:2}"; }
# The same bytes but for records (times, machines), locks, who held a run that was killed when it was finished, and the files of the sweep.
same_runs() { diff -r --brief --exclude=run.json --exclude=lock --exclude=holder.json --exclude=sweeps "$1" "$2"; }
same_tables() { cmp "$1/table1.csv" "$2/table1.csv" && cmp "$1/runs.csv" "$2/runs.csv"; }
finished_runs() { { grep -l '"status": "finished"' "$1"/*/run.json 2> /dev/null || true; } | wc -l; }
tasks() { squeue -h -r -t "$1" -n sparse -o '%i' | sort -u; }
# Of some lines any one; nothing of none.
any() { shuf -n 1 --random-source=<(while :; do echo "$RANDOM"; done); }
worker() { { pgrep -f 'fsi.dll .*make=runs' || true; } | any; }

case $form in
short) steps=300 disturbances=3 ;;
*) steps=2000 ;;
esac
command=(reproduce-mnist only=table1 seeds=2 "steps=$steps")

say "36 runs by one process"
script "${command[@]}" "runs=$root/alone" "out=$root/alone-tables" > "$root/alone.log" 2>&1

say "the same by two workers on two nodes, disturbed $disturbances times"
script sweep "${command[@]}" workers=2 signal=10 wait=5 "runs=$root/runs" "out=$root/tables"
wanted=$(($(wc -l < "$root"/runs/sweeps/*/runs.csv) - 1))

disturb() {
    local task process node
    task=$(tasks RUNNING | any)
    process=$(worker)
    node=node$((1 + RANDOM % 2))
    case $1 in
    kill) [ -n "$process" ] && say "kill -9 of worker $process" && kill -9 "$process" ;;
    term) [ -n "$task" ] && say "TERM to task $task" && timeout 2 scancel --signal=TERM --batch "$task" ;;
    cancel) [ -n "$task" ] && say "scancel of task $task" && scancel "$task" ;;
    requeue) [ -n "$task" ] && say "requeue of task $task" && scontrol requeue "$task" ;;
    freeze)
        [ -n "$process" ] && say "worker $process stopped for 3 s" && kill -STOP "$process"
        sleep 3
        [ -n "$process" ] && kill -CONT "$process"
        ;;
    node)
        say "kill -9 of slurmd on $node, back after 3 s"
        slurm kill-node "$root/slurm" "$node" && sleep 3
        slurm start-node "$root/slurm" "$node"
        ;;
    down)
        # Its job begins on the other node while it still runs here.
        say "$node is down for 10 s while its job goes on there"
        slurm kill-node "$root/slurm" "$node"
        scontrol update "nodename=$node" state=down reason=test
        sleep 10
        slurm start-node "$root/slurm" "$node"
        scontrol update "nodename=$node" state=resume 2> /dev/null || true # it may be back by itself
        ;;
    esac
}

# Whenever too few workers are left, more are submitted, as a researcher would.
refill() {
    if [ "$(tasks PENDING,RUNNING,CONFIGURING,COMPLETING | wc -l)" -lt 2 ]; then
        sbatch --parsable --job-name=sparse --requeue --open-mode=append --signal=B:TERM@10 --output="$root/runs/sweeps/refill.log" "$root"/runs/sweeps/*/worker.sh > /dev/null
    fi
}

kinds=(kill term cancel requeue freeze node down)
[ "$form" = short ] && kinds=(kill term requeue)
done_so_far=0
round=0
end=$((SECONDS + (disturbances > 10 ? 3600 : 150)))
while [ "$SECONDS" -lt "$end" ]; do
    count=$(finished_runs "$root/runs")
    if [ "$count" -ge "$wanted" ] && [ "$done_so_far" -ge "$disturbances" ]; then break; fi
    if [ "$count" -ge "$wanted" ]; then
        # All are there and there is more to try: compare, and begin anew.
        round=$((round + 1))
        check "round $round: the same bytes as by one process" same_runs "$root/alone" "$root/runs"
        check "round $round: every run verifies" script verify "runs=$root/runs" replay=false
        find "$root/runs" -mindepth 1 -maxdepth 1 -type d ! -name sweeps -exec rm -rf {} +
    fi

    refill
    if [ "$done_so_far" -lt "$disturbances" ] && [ -n "$(tasks RUNNING)" ] && [ -n "$(worker)" ]; then
        if disturb "${kinds[done_so_far < ${#kinds[@]} ? done_so_far : RANDOM % ${#kinds[@]}]}"; then done_so_far=$((done_so_far + 1)); fi
    fi
    sleep $((1 + RANDOM % 3))
done

say "$done_so_far disturbances, $(finished_runs "$root/runs") of $wanted runs finished"
script sweep status "runs=$root/runs"
script sweep cancel "runs=$root/runs" > /dev/null
scancel -n sparse
script "${command[@]}" share=true "runs=$root/runs" "out=$root/tables" > "$root/report.log" 2>&1 || tail -n 5 "$root/report.log"
check "the same bytes as by one process" same_runs "$root/alone" "$root/runs"
check "the same tables" same_tables "$root/alone-tables" "$root/tables"
check "every run verifies" script verify "runs=$root/runs" replay=false

if [ "$form" = long ]; then
    say "a task that reaches its time limit is requeued and goes on"
    mkdir "$root/limit"
    script sweep train method=baseline steps=60000 workers=1 time=0:01:00 signal=30 "runs=$root/limit/runs" > "$root/limit.log"
    job=$(tail -n 1 "$root"/limit/runs/sweeps/*/jobs.csv | cut -d, -f1)
    for _ in {1..100}; do
        restarts=$(scontrol show job -o "$job" | sed -n 's/.* Restarts=\([0-9]*\).*/\1/p' | head -n 1)
        if [ "${restarts:-0}" -ge 1 ]; then break; fi
        sleep 3
    done
    check "requeued after its time limit" test "${restarts:-0}" -ge 1
    check "it saved where it was" compgen -G "$root/limit/runs/*/stopped.safetensors"
    script sweep cancel "runs=$root/limit/runs" > /dev/null

    say "a full disk"
    mkdir "$root/small"
    mount -t tmpfs -o size=400k tmpfs "$root/small"
    script sweep "${command[@]}" workers=2 signal=10 wait=5 "runs=$root/small" "out=$root/small-tables" > "$root/small.log" 2>&1 || true
    sleep 25
    check "status says that the disk is full, or that runs are to come" script sweep status "runs=$root/small"
    script sweep cancel "runs=$root/small" > /dev/null || true
    mount -o remount,size=400m "$root/small"
    script "${command[@]}" share=true "runs=$root/small" "out=$root/small-tables" > "$root/small.log" 2>&1 || tail -n 5 "$root/small.log"
    check "with room again, the same bytes" same_runs "$root/alone" "$root/small"

    say "two mounts of one folder whose locks do not meet"
    mkdir "$root/folder" "$root/mount-a" "$root/mount-b"
    bindfs "$root/folder" "$root/mount-a"
    bindfs "$root/folder" "$root/mount-b"
    for mount in a b; do
        SLURMD_NODENAME=node-$mount script "${command[@]}" share=true make=runs jobs=1 "runs=$root/mount-$mount" > "$root/mount-$mount.log" 2>&1 &
    done
    wait
    check "the same bytes through two mounts" same_runs "$root/alone" "$root/folder"
    check "every run was made once" test "$(grep -c ': done in' "$root"/mount-?.log | cut -d: -f2 | paste -sd+ | bc)" -eq "$wanted"
    check "worker a made some" grep -q ': done in' "$root/mount-a.log"
    check "worker b made some" grep -q ': done in' "$root/mount-b.log"
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
