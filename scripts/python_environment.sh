#!/usr/bin/env bash
# Makes a Python environment with the packages of pinned lists and no others.
label=python
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  cat <<'TEXT'
Usage: scripts/python_environment.sh FOLDER REQUIREMENTS… [-- MODULE…]

Makes FOLDER an environment of python3 with the packages of the files REQUIREMENTS, whose versions are
pinned and complete: nothing else is resolved. Where PyTorch is among them, libraries stand in for those
of CUDA that its CPU code never calls. Imports each MODULE to see that it works. An environment with
these lists is left alone; an unfinished one is made anew. What happens goes to the output.
TEXT
}

help_or_go_on "${1:---help}"
if (($# < 2)); then wrong_usage; fi
folder=$1
shift
lists=()
while (($# > 0)) && [[ $1 != -- ]]; do
  lists+=("$1")
  shift
done
if (($# > 0)); then shift; fi
modules=("$@")
stamp=$folder/requirements.txt
python=$folder/bin/python

if cat "${lists[@]}" | cmp -s - "$stamp"; then
  echo "$folder: all there"
  exit 0
fi
rm -rf "$folder"
# Half an environment would be taken for one.
trap 'rm -rf "$folder"' ERR
echo "python3 -m venv $folder (needs python3-venv)"
python3 -m venv "$folder"
options=()
for list in "${lists[@]}"; do options+=(--requirement "$list"); done
"$python" -m pip --disable-pip-version-check install --no-deps "${options[@]}"
site_packages=$("$python" -c 'import sysconfig; print(sysconfig.get_path("platlib"))')
if [[ -d $site_packages/torch/lib ]]; then
  "$python" "$checkout/scripts/cuda_stubs.py" "$site_packages"
fi
for module in "${modules[@]}"; do
  "$python" -c "import $module"
done
cat "${lists[@]}" >"$stamp"
