#!/usr/bin/env bash
# All faults, a million fuzzed inputs, ten thousand states after a loss of power and two thousand runs in one process, in the numbers that
# ARCHITECTURE.md promises; about a quarter of an hour on two cores. Filling disks and making folders read-only needs root. Exit code 1 when a
# promise is broken.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
dotnet build -c Release tests/faults -v:quiet -nologo
run() { dotnet run -c Release --no-build --project tests/faults -- "$@"; }
run faults kills=200 signals=40
run fuzz cases=1000000
run crash states=10000
run soak runs=2000
