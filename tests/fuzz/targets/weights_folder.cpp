#include "dbot/core/error.h"
#include "dbot/exchange/import/weights_source.h"
#include "dbot/exchange/kinds/folder_description.h"
#include "tests/fuzz/targets/input_file.h"
#include "tests/fuzz/targets/targets.h"

namespace dbot::fuzz {

void weights_folder(Bytes input) {
  static const InputFolder folder;
  for (const char* name : {"config.json", "preprocessor_config.json", "open_clip_config.json",
                           "model.safetensors.index.json"}) {
    folder.write(name, input);
  }
  const auto index = folder.path() / "model.safetensors.index.json";
  try {
    const exchange::FolderDescription description = exchange::describe_folder(index);
    require(description.mean.size() == description.std.size());
    require(description.heads.value_or(1) > 0);
  } catch (const DataError&) {
  }
  try {
    exchange::WeightsSource::open(index);
  } catch (const DataError&) {
  }
}

}  // namespace dbot::fuzz
