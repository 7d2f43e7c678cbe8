# shellcheck shell=bash disable=SC2154
# Sourced by gpu_check.sh. Where the programs were carried, LibTorch is this machine's, and the small
# libraries lie beside them.
if [[ -d $programs/../libraries ]]; then
  torch=$(python3 -c 'import torch; print(torch.__path__[0])')
  LD_LIBRARY_PATH=$torch/lib:$(realpath "$programs/../libraries")${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  export LD_LIBRARY_PATH
fi
export GOMP_SPINCOUNT=1000
