#include "tests/golden/support/fixture.h"

#include "dbot/core/error.h"
#include "dbot/exchange/tensor_file.h"
#include "dbot/formats/safetensors/safetensors.h"

namespace dbot::golden {

const at::Tensor& Fixture::at(const std::string& name) const {
  const auto found = tensors.find(name);
  if (found == tensors.end()) throw Error("[golden] there is no tensor " + name);
  return found->second;
}

runtime::NamedTensors Fixture::with_prefix(const std::string& prefix) const {
  runtime::NamedTensors found;
  for (auto entry = tensors.lower_bound(prefix);
       entry != tensors.end() && entry->first.starts_with(prefix); ++entry) {
    found.emplace(entry->first.substr(prefix.size()), entry->second);
  }
  return found;
}

std::string case_of(const std::filesystem::path& path) {
  const auto file = formats::SafetensorsFile::open(path);
  const auto found = file.metadata().find("case");
  return found == file.metadata().end() ? std::string() : found->second;
}

Fixture read_fixture(const std::filesystem::path& path) {
  exchange::TensorFile file = exchange::read_tensor_file(path);
  const auto config = file.metadata.find("config");
  if (config == file.metadata.end()) throw Error("[golden] the header has no config");
  return {path, nlohmann::json::parse(config->second), std::move(file.tensors)};
}

}  // namespace dbot::golden
