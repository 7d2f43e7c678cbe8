#include "tests/golden/harness/fixture.h"

#include "dbot/core/error.h"
#include "dbot/exchange/tensor_file.h"
#include "dbot/formats/safetensors/safetensors.h"

namespace dbot::golden {

namespace {

nlohmann::json parsed(const std::string& name, const std::string& text) {
  nlohmann::json value = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) throw Error("[golden] the header's entry " + name + " is no JSON");
  return value;
}

}  // namespace

Fixture::Fixture(const std::filesystem::path& file, runtime::NamedTensors tensors,
                 std::map<std::string, std::string> metadata)
    : path(file),
      config(metadata.contains("config") ? parsed("config", metadata.at("config"))
                                         : nlohmann::json::object()),
      tensors_(std::move(tensors)),
      metadata_(std::move(metadata)) {}

const std::string& Fixture::entry(const std::string& name) const {
  const auto found = metadata_.find(name);
  if (found == metadata_.end()) throw Error("[golden] the header has no entry " + name);
  return found->second;
}

nlohmann::json Fixture::json_entry(const std::string& name) const {
  return parsed(name, entry(name));
}

std::vector<std::string> Fixture::names(const std::string& prefix) const {
  std::vector<std::string> found;
  for (auto entry = tensors_.lower_bound(prefix);
       entry != tensors_.end() && entry->first.starts_with(prefix); ++entry) {
    found.push_back(entry->first.substr(prefix.size()));
  }
  return found;
}

const at::Tensor& Fixture::at(const std::string& name) const {
  const at::Tensor& tensor = peek(name);
  read_.insert(name);
  if (device_.is_cpu()) return tensor;
  at::Tensor& placed = placed_[name];
  if (!placed.defined()) placed = tensor.to(at::Device(device_));
  return placed;
}

runtime::NamedTensors Fixture::with_prefix(const std::string& prefix) const {
  runtime::NamedTensors found;
  for (const std::string& name : names(prefix)) found.emplace(name, at(prefix + name));
  return found;
}

const at::Tensor& Fixture::peek(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) throw Error("[golden] there is no tensor " + name);
  return found->second;
}

std::string case_of(const std::filesystem::path& path) {
  const auto file = formats::SafetensorsFile::open(path);
  const auto found = file.metadata().find("case");
  return found == file.metadata().end() ? std::string() : found->second;
}

Fixture read_fixture(const std::filesystem::path& path) {
  exchange::TensorFile file = exchange::read_tensor_file(path);
  return {path, std::move(file.tensors), std::move(file.metadata)};
}

}  // namespace dbot::golden
