#!/usr/bin/env bash
# Sweeps on a real Slurm with two nodes on this machine: nothing that happens to workers, nodes or disks may lose a run or change a byte.
#   sweeps.sh short                 a few disturbances of 36 runs; at most 3 minutes
#   sweeps.sh long [N] [SEED]       N disturbances (100), a full disk, two mounts whose locks do not meet, and the parts
#   sweeps.sh parts                 a parent that is seen late, nodes with GPUs, and a worker on libtorch
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
    [ ! -d "$root/gpus" ] || slurm stop "$root/gpus" || true
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
# Says whether something becomes true within so many seconds.
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 1
    done
}
script() { dotnet fsi "scripts/$1.fsx" "${@:2}"; }
# The same bytes but for records (times, machines), locks, who held a run that was killed when it was finished, and the files of the sweep.
same_runs() { diff -r --brief --exclude=run.json --exclude=lock --exclude=holder.json --exclude=sweeps "$1" "$2"; }
same_tables() { cmp "$1/table1.csv" "$2/table1.csv" && cmp "$1/runs.csv" "$2/runs.csv"; }
finished_runs() { { grep -l '"status": "finished"' "$1"/*/run.json 2> /dev/null || true; } | wc -l; }
tasks() { squeue -h -r -t "$1" -n sparse -o '%i' | sort -u; }
# Of some lines any one; nothing of none.
any() { shuf -n 1 --random-source=<(while :; do echo "$RANDOM"; done); }
worker() { { pgrep -f 'fsi.dll .*make=runs' || true; } | any; }

# A file system may show a node for a while what was there before: the run that a ticket derives from is finished, but its first checkpoint is not seen.
late_parent() {
    local ticket checkpoint
    say "a ticket whose parent is seen late"
    script train method=lottery steps=300 "runs=$root/late-alone" > "$root/late.log" 2>&1
    cp -r "$root/late-alone" "$root/late"
    ticket=$(cd "$root/late" && ls -d -- *-lottery-*)
    checkpoint=$(ls "$root"/late/*-prune-*/checkpoints/000000.safetensors)
    rm -r "${root:?}/late/$ticket"
    mv "$checkpoint" "$root/hidden"
    script sweep train method=lottery steps=300 workers=1 wait=60 "runs=$root/late" > "$root/late.log" 2>&1
    check "its worker takes the ticket" within 40 test -f "$root/late/$ticket/holder.json"
    sleep 4
    check "and waits" test "$(finished_runs "$root/late")" -eq 1
    mv "$root/hidden" "$checkpoint"
    check "once the parent is seen it is made" within 40 eval '[ "$(finished_runs "$root/late")" -eq 2 ]'
    script sweep cancel "runs=$root/late" > /dev/null
    check "with the same bytes" same_runs "$root/late-alone" "$root/late"
}

# A worker on libtorch with a GPU of its own, though it is the processor that computes here, is told to stop on its way: its run goes on from that step.
torch_worker() {
    local train=(train method=rigl steps=600 engine=torch)
    say "a worker on libtorch"
    script "${train[@]}" "runs=$root/torch-alone" > "$root/torch.log" 2>&1
    script sweep "${train[@]}" workers=1 signal=10 sbatch="--gres=gpu:1" "runs=$root/torch" >> "$root/torch.log" 2>&1
    check "it trains" within 60 eval 'grep -q . "$root"/torch/*/metrics.csv'
    check "and is told to stop" scancel --signal=TERM --batch "$(tasks RUNNING | any)"
    check "it keeps where it is" within 30 eval 'test -f "$root"/torch/*/stopped.safetensors'
    check "begins anew and finishes" within 120 eval '[ "$(finished_runs "$root/torch")" -eq 1 ]'
    check "with the same bytes" same_runs "$root/torch-alone" "$root/torch"
    script sweep cancel "runs=$root/torch" > /dev/null
}

# Two nodes with two GPUs each: of five workers four work, each with a GPU of its own, and the fifth waits for one.
gpu_of_worker() { tr '\0' '\n' < "/proc/$1/environ" | grep -E '^(SLURMD_NODENAME|CUDA_VISIBLE_DEVICES)=' | sort | cut -d= -f2 | paste -sd:; }
gpus() {
    local id places
    say "five workers on four GPUs"
    eval "$(CPUS=4 GPUS=2 slurm start "$root/gpus")"
    script sweep reproduce-mnist only=table1 seeds=2 steps=4000 workers=5 sbatch="--gres=gpu:1" "runs=$root/gpu-runs" "out=$root/gpu-tables" > "$root/gpus.log" 2>&1
    check "four work" within 60 eval '[ "$(pgrep -f "fsi.dll .*gpu-runs" | wc -l)" -ge 4 ]'
    check "the fifth waits for a GPU" eval '[ "$(squeue -h -r -n sparse -t PENDING -o %r | grep -c Resources)" -eq 1 ]'
    places=$(for id in $(pgrep -f "fsi.dll .*gpu-runs"); do gpu_of_worker "$id"; done | sort -u | paste -sd' ')
    say "GPU and node of the workers: $places"
    check "each has its own" test "$places" = "0:node1 0:node2 1:node1 1:node2"
    script sweep cancel "runs=$root/gpu-runs" > /dev/null
    scancel -n sparse
    torch_worker
    slurm stop "$root/gpus"
    eval "$settings"
}

case $form in
short) steps=300 disturbances=3 ;;
parts)
    late_parent
    gpus
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    exit
    ;;
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
late_parent

if [ "$form" = long ]; then
    gpus
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
