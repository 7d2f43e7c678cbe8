#include "dbot/exchange/tensor_file.h"

#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <cstring>
#include <utility>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/exchange/element_types.h"
#include "dbot/formats/safetensors/safetensors.h"
#include "dbot/formats/torch/pth_write.h"
#include "dbot/runtime/device.h"

namespace dbot::exchange {
namespace {

formats::ElementType storable_type(const std::string& name, at::ScalarType type) {
  if (const auto element = element_type(type)) return *element;
  throw Error(fmt::format(
      "[write tensors] {} has elements of type {}, which safetensors cannot hold; convert it first",
      name, c10::toString(type)));
}

at::Tensor copy_of(const formats::TensorBytes& bytes) {
  at::Tensor tensor = at::empty(bytes.shape, at::TensorOptions(scalar_type(bytes.type)));
  if (!bytes.data.empty()) {
    std::memcpy(tensor.data_ptr(), bytes.data.data(), bytes.data.size());
  }
  return tensor;
}

/// Tensors as they are written, with the memory that holds them.
struct StoredTensors {
  std::vector<at::Tensor> owners;  // contiguous
  std::vector<formats::TensorBytes> bytes;
};

StoredTensors store(const runtime::NamedTensors& tensors, const std::filesystem::path& path) {
  StoredTensors result;
  for (const auto& [name, tensor] : runtime::on_host(tensors)) {
    if (!tensor.defined()) {
      throw Error(
          fmt::format("[write tensors] {} has no value; leave it out of {}", name, path.string()));
    }
    const at::Tensor& stored = result.owners.emplace_back(tensor.detach().contiguous());
    result.bytes.push_back(
        {name,
         storable_type(name, stored.scalar_type()),
         stored.sizes().vec(),
         {static_cast<const std::byte*>(stored.const_data_ptr()), stored.nbytes()}});
  }
  return result;
}

}  // namespace

TensorFile read_tensor_file(const std::filesystem::path& path) {
  const auto file = formats::SafetensorsFile::open(path);
  TensorFile result;
  result.metadata = file.metadata();
  for (const auto& bytes : file.tensors()) result.tensors.emplace(bytes.name, copy_of(bytes));
  return result;
}

void write_tensor_file(const std::filesystem::path& path, const runtime::NamedTensors& tensors,
                       const std::map<std::string, std::string>& metadata, bool replace,
                       const core::OnWritten& written) {
  const StoredTensors stored = store(tensors, path);
  formats::write_safetensors(path, metadata, stored.bytes, replace, written);
}

std::uint64_t write_pth_file(const std::filesystem::path& path,
                             const runtime::NamedTensors& tensors, std::string_view root,
                             const std::map<std::string, std::string>& metadata,
                             const core::OnWritten& written) {
  return formats::write_pth(path, store(tensors, path).bytes, root, metadata, written);
}

}  // namespace dbot::exchange
