#!/usr/bin/env bash
# Checks the TorchSharp engine on a machine with an NVIDIA GPU, within 10 minutes. It lies beside the published program and needs neither .NET nor the repository.
#
#   ./check.sh [torch=FOLDER] [device=cuda] [python=python3]
#
# torch=FOLDER   the folder of libtorch 2.10.0 with CUDA; default torch/lib of python's own torch, where that is 2.10.0
# device=NAME    cuda, cuda:1 or cpu
# python=PATH    for the same steps in plain PyTorch beside ours; none leaves them out
#
# Exit code 0 when every row of the table is as expected, else 1.
set -u
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
torch=
python=python3
for argument in "$@"; do
    case $argument in
        torch=*) torch=${argument#torch=} ;;
        python=*) python=${argument#python=} ;;
    esac
done

if [ -z "$torch" ]; then
    version=$("$python" -c 'import torch; print(torch.__version__)' 2>/dev/null)
    case $version in
        2.10.0 | 2.10.0+*) torch=$("$python" -c 'import os, torch; print(os.path.join(os.path.dirname(torch.__file__), "lib"))') ;;
        *)
            echo "libtorch is not there: expected torch 2.10.0 in $python, found ${version:-none}. Install it (pip install torch==2.10.0), or name a folder with libtorch 2.10.0: torch=FOLDER" >&2
            exit 1
            ;;
    esac
fi

timeout 600 "$folder/SparseCore.GpuChecks" "$@" "torch=$torch"
code=$?
case $code in
    0 | 1) ;;
    124) echo "FAILED: not done after 10 minutes; the check after the last row did not end." >&2 ;;
    *) echo "FAILED: the program ended with code $code in the check after the last row." >&2 ;;
esac
[ "$code" -eq 0 ]
