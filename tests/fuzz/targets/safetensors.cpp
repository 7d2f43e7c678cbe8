#include "dbot/formats/safetensors/safetensors.h"

#include <algorithm>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/formats/safetensors/safetensors_header.h"
#include "tests/fuzz/targets/input_file.h"
#include "tests/fuzz/targets/targets.h"

namespace dbot::fuzz {
namespace {

/// What was read can be written, and reads back the same.
void require_round_trip(const formats::SafetensorsFile& file) {
  std::uint64_t size = 0;
  for (const formats::TensorBytes& tensor : file.tensors()) size += tensor.data.size();
  const formats::Header again =
      formats::parse_header(formats::write_header(file.metadata(), file.tensors()), size);
  require(again.metadata == file.metadata());
  require(again.tensors.size() == file.tensors().size());
  for (const formats::HeaderTensor& tensor : again.tensors) {
    const formats::TensorBytes* read = file.find(tensor.name);
    require(read != nullptr && read->type == tensor.type && read->shape == tensor.shape);
    require(read->data.size() == tensor.end - tensor.begin);
  }
}

}  // namespace

void safetensors(Bytes input) {
  static const InputFolder folder;
  try {
    const auto file = formats::SafetensorsFile::open(folder.write("model.safetensors", input));
    for (const formats::TensorBytes& tensor : file.tensors()) {
      require(core::checksum(tensor.data).size() == 32);  // touches every byte
    }
    require_round_trip(file);
  } catch (const DataError&) {
  }
}

}  // namespace dbot::fuzz
