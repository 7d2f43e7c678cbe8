#include "dbot/core/error.h"
#include "dbot/train/checkpoint/checkpoint_state.h"
#include "dbot/train/checkpoint/manifest.h"
#include "tests/fuzz/targets/input_file.h"
#include "tests/fuzz/targets/targets.h"

namespace dbot::fuzz {
namespace {

void manifest(const InputFolder& folder) {
  try {
    const train::Manifest read = train::read_manifest(folder.path());
    require(!read.files.empty());
    train::check_contents(folder.path(), read);
  } catch (const DataError&) {
  }
}

void state(const InputFolder& folder) {
  try {
    const train::Checkpoint read = train::read_state(folder.path());
    require(read.state.step >= 0 && read.state.stage >= 0 && read.state.images_seen >= 0);
    const std::string stored = train::state_to_json(read);
    folder.write("state.json",
                 {reinterpret_cast<const std::uint8_t*>(stored.data()), stored.size()});
    require(train::state_to_json(train::read_state(folder.path())) == stored);
  } catch (const DataError&) {
  }
}

}  // namespace

void checkpoint(Bytes input) {
  static const InputFolder folder;
  folder.write("manifest.json", input);
  folder.write("state.json", input);
  manifest(folder);
  state(folder);
}

}  // namespace dbot::fuzz
