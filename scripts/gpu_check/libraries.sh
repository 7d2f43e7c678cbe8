# shellcheck shell=bash disable=SC2154
# Sourced by gpu_check.sh. Where the programs were carried, LibTorch is this machine's, and the small
# libraries lie beside them.
if [[ -d $programs/../libraries ]]; then
  # Found, not imported: that takes seconds.
  torch=$(python3 -c 'import importlib.util as u; print(u.find_spec("torch").submodule_search_locations[0])') ||
    fail "python3 has no torch here, whose LibTorch the carried programs take"
  LD_LIBRARY_PATH=$torch/lib:$(realpath "$programs/../libraries")${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  export LD_LIBRARY_PATH
fi
export GOMP_SPINCOUNT=1000
