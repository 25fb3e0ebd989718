#!/usr/bin/env bash
# A real Slurm with two virtual nodes on this machine, for tests. Everything lies below one folder, so that several can run side by side.
#   slurm.sh install                  the packages (Debian, Ubuntu); exit code 3 when that is not possible
#   slurm.sh start FOLDER             starts it and prints `export SLURM_CONF=...` for the caller's eval
#   slurm.sh stop FOLDER              cancels all jobs and ends every process that belongs to it
#   slurm.sh kill-node FOLDER NODE    kill -9 of one slurmd; its job goes on under slurmstepd
#   slurm.sh start-node FOLDER NODE   starts that slurmd again
# Settings of `start`, from the environment: CPUS (of a node, 1), GPUS (of a node, none; files stand for the devices, so that Slurm hands them out as
# it does GPUs, and CUDA_VISIBLE_DEVICES says which a task got), KILL_WAIT (seconds between TERM and KILL, 10), SLURMD_TIMEOUT (for a silent node,
# 6: down after 16 to 18 s; less is no faster), REQUEUE_DELAY (seconds until a requeued job may start, 5, the least that Slurm takes), PROCTRACK (how
# Slurm finds the processes of a job: linuxproc, pgid, or cgroup as most clusters have it; who gets TERM depends on it, see README.md).
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin # where the daemons are
nodes=(node1 node2)

fail() { echo "slurm.sh: $1" >&2; exit "${2:-1}"; }

installed() {
    local program
    for program; do command -v "$program" > /dev/null || return; done
}

install_packages() {
    installed slurmctld slurmd sbatch munged bindfs && return
    command -v apt-get > /dev/null || fail "Slurm is not installed, and there is no apt-get to install it with" 3
    [ "$(id -u)" -eq 0 ] || fail "Slurm is not installed, and only root can install it" 3
    local log packages=(slurm-wlm slurm-client munge bindfs)
    log=$(mktemp)
    export DEBIAN_FRONTEND=noninteractive
    # The lists may be missing or old: they are fetched only when the first attempt fails.
    apt-get install -y -qq --no-install-recommends "${packages[@]}" > "$log" 2>&1 ||
        { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${packages[@]}"; } >> "$log" 2>&1 ||
        { tail -n 5 "$log" >&2; fail "apt-get could not install ${packages[*]}; its whole output is in $log" 3; }
    rm -f "$log"
    installed slurmctld slurmd sbatch munged bindfs || fail "${packages[*]} are installed, but their programs are not found" 3
}

# A port nobody listens on, below those the kernel hands out. Called under the lock on the choice of ports.
declare -A taken=()
choose_port() {
    local port
    for _ in {1..200}; do
        port=$((20000 + RANDOM % 10000))
        [ -z "${taken[$port]:-}" ] || continue
        if ! (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; then
            taken[$port]=yes
            chosen=$port
            return
        fi
    done
    fail "no free port between 20000 and 29999"
}

write_configuration() {
    local host controller ports=() user
    host=$(uname -n)
    host=${host%%.*}
    user=$(id -un)
    choose_port && controller=$chosen
    for _ in "${nodes[@]}"; do choose_port && ports+=("$chosen"); done
    rm -f "$folder/cgroup.conf"
    [ "${PROCTRACK:-linuxproc}" != cgroup ] || printf 'CgroupPlugin=autodetect\nIgnoreSystemd=yes\n' > "$folder/cgroup.conf"
    local gpus="" i
    if [ "${GPUS:-0}" -gt 0 ]; then
        gpus=" Gres=gpu:$GPUS"
        for ((i = 0; i < GPUS; i++)); do ln -sf /dev/null "$folder/gpu$i"; done
        printf 'AutoDetect=off\nName=gpu File=%s\n' "$folder/gpu[0-$((GPUS - 1))]" > "$folder/gres.conf"
    fi
    cat > "$folder/slurm.conf" << CONF
ClusterName=$cluster
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$controller
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
# cred_expire is also how long a requeued job waits before it may start.
AuthInfo=socket=$folder/munge/socket,cred_expire=${REQUEUE_DELAY:-5}
CredType=cred/munge
ProctrackType=proctrack/${PROCTRACK:-linuxproc}
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
# What is configured counts, not what the machine has.
SlurmdParameters=config_overrides
# Pending jobs are looked at every second (default: 60).
SchedulerParameters=sched_interval=1,sched_min_interval=0,batch_sched_delay=0,bf_interval=2
ReturnToService=2
SlurmdTimeout=${SLURMD_TIMEOUT:-6}
MessageTimeout=5
TCPTimeout=1
KillWait=${KILL_WAIT:-10}
MinJobAge=3600
# Control groups are named after node and job: two clusters on one machine must not use the same numbers.
FirstJobId=$((RANDOM * 100 + 1))
MailProg=/bin/true
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool/%n
SlurmctldPidFile=$folder/pid/slurmctld
SlurmdPidFile=$folder/pid/%n
SlurmctldLogFile=$folder/log/slurmctld
SlurmdLogFile=$folder/log/%n
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$folder/log/jobs
CONF
    [ -z "$gpus" ] || echo "GresTypes=gpu" >> "$folder/slurm.conf"
    for i in "${!nodes[@]}"; do
        echo "NodeName=${nodes[i]} NodeHostname=$host NodeAddr=127.0.0.1 Port=${ports[i]} CPUs=${CPUS:-1} RealMemory=8000$gpus" >> "$folder/slurm.conf"
    done
    echo "PartitionName=all Nodes=$(IFS=,; echo "${nodes[*]}") Default=YES MaxTime=INFINITE State=UP" >> "$folder/slurm.conf"
}

# The process id of a daemon, when it lives: ids are used again, so the program's name must be right, and a zombie is dead.
living() { # slurmctld, munged or a node
    local id program=$1
    [[ " ${nodes[*]} " != *" $1 "* ]] || program=slurmd
    [ -s "$folder/pid/$1" ] && id=$(< "$folder/pid/$1") && alive "$id" "$program" && echo "$id"
}
alive() { [[ "$(cat "/proc/$1/stat" 2> /dev/null)" == "$1 ($2) "[!Z]* ]]; }

# A daemon must hold neither the caller's output, or $(...) waits for ever, nor the lock on the ports. It must not be taken for a job either.
daemon() { env -u SLURM_CLUSTER_NAME SLURM_CONF="$folder/slurm.conf" "$@" < /dev/null >> "$folder/log/start" 2>&1 9>&-; }

start_node() { daemon slurmd -N "$1"; }

start() {
    local name
    installed slurmctld slurmd munged || fail "Slurm is not installed: run \`slurm.sh install\` first" 3
    # With less, Slurm silently takes 120.
    [ "${REQUEUE_DELAY:-5}" -ge 5 ] || fail "REQUEUE_DELAY is $REQUEUE_DELAY; the least is 5"
    # Sockets have at most 107 characters in their names.
    [ "${#folder}" -le 70 ] || fail "the folder's name has ${#folder} characters, at most 70 are possible: $folder"
    for name in slurmctld "${nodes[@]}" munged; do
        ! living "$name" > /dev/null || fail "$name runs already in $folder: stop it first"
    done
    rm -rf "$folder"/{state,spool,pid,log,munge}
    mkdir -p "$folder"/{state,spool,pid,log,munge}
    for name in "${nodes[@]}"; do mkdir -p "$folder/spool/$name"; done
    cluster=test$RANDOM$RANDOM # in every job's environment: `stop` knows the jobs by it

    # Held until the daemons listen: two harnesses that start at once must not choose the same ports.
    local lock
    lock=${TMPDIR:-/tmp}/slurm-test-ports-$(id -u).lock # another user's file could not be opened
    exec 9> "$lock"
    flock -w 60 9 || fail "another start holds $lock for more than a minute"
    write_configuration
    export SLURM_CONF=$folder/slurm.conf

    # An authentication daemon of our own: no system service is touched. --force: the folder may be private.
    (umask 077 && head -c 1024 /dev/urandom > "$folder/munge/key")
    daemon munged --force --socket="$folder/munge/socket" --key-file="$folder/munge/key" --seed-file="$folder/munge/seed" \
        --pid-file="$folder/pid/munged" --log-file="$folder/log/munged" || give_up "munged did not start"
    daemon slurmctld || give_up "slurmctld did not start"
    for name in "${nodes[@]}"; do start_node "$name" || give_up "slurmd of $name did not start"; done
    local end=$((SECONDS + 60))
    until [ "$(sinfo -h -N -t idle -o %N 2> /dev/null | wc -l)" -eq "${#nodes[@]}" ]; do
        [ "$SECONDS" -lt "$end" ] || give_up "the nodes were not idle after 60 s"
        sleep 0.2
    done
    exec 9>&-
    printf 'export SLURM_CONF=%q\n' "$SLURM_CONF"
}

give_up() {
    tail -n 15 "$folder"/log/* >&2 || true
    stop
    fail "$1"
}

# The processes of jobs: slurmstepd (it overwrites its environment, but stays in our folder of logs), whatever has our cluster's name in its
# environment, and their descendants.
job_processes() {
    local id
    {
        for id in $(pgrep -x slurmstepd); do
            [ ! "/proc/$id/cwd" -ef "$folder/log" ] || echo "$id"
        done
        grep -lxzF "SLURM_CLUSTER_NAME=$cluster" /proc/[0-9]*/environ 2> /dev/null | cut -d / -f 3
    } | while read -r id; do
        echo "$id"
        descendants "$id"
    done | sort -un
}

descendants() {
    local child
    for child in $(pgrep -P "$1"); do
        echo "$child"
        descendants "$child"
    done
}

stop() {
    local name left
    [ -f "$folder/slurm.conf" ] || fail "there is no slurm.conf in $folder"
    export SLURM_CONF=$folder/slurm.conf
    cluster=$(sed -n 's/^ClusterName=//p' "$SLURM_CONF")
    if living slurmctld > /dev/null; then
        # Jobs may end by themselves for some seconds; whoever ignores TERM is killed below.
        { squeue -h -o %A | sort -u | xargs -r scancel; } 2> /dev/null || true
        for _ in {1..25}; do
            [ -n "$(squeue -h -o %A 2> /dev/null)" ] || break
            sleep 0.2
        done
    fi
    # Jobs before the nodes, which wait for them, and once more afterwards: a node may just have started one. munged last, the others need it.
    end_jobs
    for name in "${nodes[@]}"; do end_daemon "$name"; done
    end_daemon slurmctld
    end_jobs
    end_daemon munged
    [ "${#left[@]}" -eq 0 ] || fail "these processes of jobs could not be ended: ${left[*]}"
}

# Leaves the ids of those that could not be ended in `left`.
end_jobs() {
    for _ in {1..25}; do
        mapfile -t left < <(job_processes)
        [ "${#left[@]}" -gt 0 ] || break
        kill -KILL "${left[@]}" 2> /dev/null || true
        sleep 0.2
    done
}

end_daemon() {
    local id program
    # By its id from here on: a daemon removes its pid file some time before it ends.
    id=$(living "$1") && program=$(cat "/proc/$id/comm") || return 0
    kill -TERM "$id" 2> /dev/null || true
    for _ in {1..50}; do
        alive "$id" "$program" || break
        sleep 0.2
    done
    if alive "$id" "$program"; then kill -KILL "$id"; fi
    rm -f "$folder/pid/$1"
}

need_node() {
    [[ " ${nodes[*]} " == *" $1 "* ]] || fail "unknown node '$1': the nodes are ${nodes[*]}"
    [ -f "$folder/slurm.conf" ] || fail "there is no slurm.conf in $folder"
}

usage() { sed -n 's/^#   //p' "${BASH_SOURCE[0]}" >&2; exit 2; }

verb=${1:-}
case "$verb:$#" in
    install:1) install_packages; exit ;;
    start:2 | stop:2 | kill-node:3 | start-node:3) ;;
    *) usage ;;
esac
[ "$verb" != start ] || mkdir -p "$2"
[ -d "$2" ] || fail "there is no folder $2"
folder=$(cd "$2" && pwd -P)
case "$verb" in
    start) start ;;
    stop) stop ;;
    kill-node)
        need_node "$3"
        id=$(living "$3") || fail "the slurmd of $3 does not run"
        kill -KILL "$id"
        ;;
    start-node)
        need_node "$3"
        ! living "$3" > /dev/null || fail "the slurmd of $3 runs already"
        start_node "$3"
        ;;
esac
