# shellcheck shell=bash disable=SC2034,SC2154
# LibTorch and Arrow out of their wheels, in .deps; or the LibTorch that DBOT_LIBTORCH names. setup.sh
# sources it.

requirements=cmake/libtorch-requirements.txt
# The part of the wheels that is unpacked: what the CPU program links, the headers, the licences.
# The CUDA libraries (0.5 GB more) are left out; a GPU build will have to add them here.
wheel_parts=('torch/include/' 'torch/lib/libtorch_cpu.so' 'torch/lib/libc10.so'
  'torch/lib/libgomp' 'nvidia/cu13/lib/libcudart.so' 'nvidia/cu13/lib/libcupti.so'
  '*.dist-info/licenses/' '*.dist-info/METADATA')
libtorch=.deps/libtorch
arrow_requirements=cmake/arrow-requirements.txt
arrow_parts=('pyarrow/include/' 'pyarrow/libarrow.so' 'pyarrow/libparquet.so'
  '*.dist-info/licenses/' '*.dist-info/METADATA')
arrow=.deps/arrow

# What a finished folder of wheels says of itself: the hashes it came from and the parts it holds.
stamp_of() {
  local requirements=$1
  shift
  grep -v '^#' "$requirements"
  printf '%s\n' "$@"
}

needs_libtorch() {
  [[ -z ${DBOT_LIBTORCH:-} ]] &&
    ! stamp_of "$requirements" "${wheel_parts[@]}" | cmp -s - "$libtorch/dbot-stamp"
}

needs_arrow() {
  [[ -z ${DBOT_ARROW:-} ]] &&
    ! stamp_of "$arrow_requirements" "${arrow_parts[@]}" | cmp -s - "$arrow/dbot-stamp"
}

fetch_libtorch() {
  if [[ -n ${DBOT_LIBTORCH:-} ]]; then
    local given=$DBOT_LIBTORCH
    DBOT_LIBTORCH=$(cmake "-DGIVEN=$given" -P cmake/LibTorchFolder.cmake 2>>"$log") ||
      fail "DBOT_LIBTORCH is $given, expected a LibTorch of version 2.11 or later: its folder, a wheel's" \
        "torch/ folder, or the conda or Python environment that it is in; log: $log"
    say "LibTorch: $DBOT_LIBTORCH (from DBOT_LIBTORCH)"
  elif needs_libtorch; then
    fetch_wheels LibTorch "540 MB" "$requirements" "$libtorch" "${wheel_parts[@]}"
  else
    say "LibTorch: there"
  fi
}

# Without it everything works but Parquet: failing to fetch it is no reason to stop.
fetch_arrow() {
  if [[ -n ${DBOT_ARROW:-} ]]; then
    say "Arrow: $DBOT_ARROW (from DBOT_ARROW)"
  elif ! needs_arrow; then
    say "Arrow: there"
  elif ! (fetch_wheels Arrow "55 MB" "$arrow_requirements" "$arrow" "${arrow_parts[@]}"); then
    say "notice: without Arrow dbot reads no Parquet; run this again to have it"
  fi
}

# fetch_wheels NAME SIZE REQUIREMENTS FOLDER PART…: what is to be unpacked of the wheels, in FOLDER.
fetch_wheels() {
  local name=$1 size=$2 wheels=$3 folder=$4
  shift 4
  begin_phase "$name: downloading $size"
  rm -rf .deps/partial
  mkdir -p .deps/partial/temporary .deps/partial/unpacked
  # The wheels carry three platform tags. pip copies what it downloads once within TMPDIR's disk.
  TMPDIR=$PWD/.deps/partial/temporary logged "downloading $name" \
    python3 -m pip --disable-pip-version-check download --no-cache-dir --retries 2 \
    --no-deps --require-hashes --only-binary=:all: \
    --platform manylinux_2_28_x86_64 --platform manylinux_2_25_x86_64 \
    --platform manylinux2014_x86_64 --python-version 3.11 --implementation cp \
    --abi cp311 --abi none --requirement "$wheels" --dest .deps/partial/wheels
  say "$name: unpacking"
  logged "unpacking $name" unpack_wheels .deps/partial/wheels .deps/partial/unpacked "$@"
  stamp_of "$wheels" "$@" >.deps/partial/unpacked/dbot-stamp
  # Only a complete folder ever has the final name.
  rm -rf "$folder"
  mv .deps/partial/unpacked "$folder"
  rm -rf .deps/partial
  end_phase "$name: done"
}

# unpack_wheels FROM INTO PART…: these parts of all wheels.
unpack_wheels() {
  python3 - "$@" <<'PYTHON'
import fnmatch, pathlib, sys, zipfile

source, target, *parts = sys.argv[1:]
for wheel in sorted(pathlib.Path(source).glob("*.whl")):
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if any(fnmatch.fnmatchcase(name, part + "*") for part in parts):
                archive.extract(name, target)
PYTHON
}
