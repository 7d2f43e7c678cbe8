#include "dbot/formats/torch/pth_write.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/formats/torch/pickle_writer.h"
#include "dbot/formats/torch/zip_write.h"

namespace dbot::formats {
namespace {

// Readers take any name; torch.save takes this one where it writes to no file.
constexpr std::string_view kFolder = "archive/";

/// Python's class for memory of that type; empty if there is none.
std::string_view storage_class(ElementType type) {
  switch (type) {
    case ElementType::float64:
      return "DoubleStorage";
    case ElementType::float32:
      return "FloatStorage";
    case ElementType::float16:
      return "HalfStorage";
    case ElementType::bfloat16:
      return "BFloat16Storage";
    case ElementType::int64:
      return "LongStorage";
    case ElementType::int32:
      return "IntStorage";
    case ElementType::int16:
      return "ShortStorage";
    case ElementType::int8:
      return "CharStorage";
    case ElementType::uint8:
      return "ByteStorage";
    case ElementType::boolean:
      return "BoolStorage";
    case ElementType::complex64:
      return "ComplexFloatStorage";
    case ElementType::float8_e5m2:
    case ElementType::float8_e4m3:
    case ElementType::uint16:
    case ElementType::uint32:
    case ElementType::uint64:
      break;
  }
  return {};
}

std::vector<std::int64_t> row_major_strides(const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;) {
    strides[i - 1] = strides[i] * std::max<std::int64_t>(shape[i], 1);
  }
  return strides;
}

void write_numbers(PickleWriter& pickle, const std::vector<std::int64_t>& numbers) {
  pickle.begin_tuple();
  for (const std::int64_t number : numbers) pickle.integer(number);
  pickle.end_tuple();
}

/// torch._utils._rebuild_tensor_v2(storage, offset, size, strides, requires_grad, hooks), where the
/// storage is file `key` of the archive.
void write_tensor(PickleWriter& pickle, const TensorBytes& tensor, const std::string& key) {
  const std::string_view storage = storage_class(tensor.type);
  if (storage.empty()) {
    throw Error(fmt::format("{} has elements of type {}, which this format cannot hold",
                            tensor.name, element_name(tensor.type)));
  }
  pickle.global("torch._utils", "_rebuild_tensor_v2");
  pickle.begin_tuple();
  pickle.begin_tuple();
  pickle.text("storage");
  pickle.global("torch", storage);
  pickle.text(key);
  pickle.text("cpu");
  pickle.integer(static_cast<std::int64_t>(tensor.data.size() / element_size(tensor.type)));
  pickle.end_tuple();
  pickle.outside();
  pickle.integer(0);
  write_numbers(pickle, tensor.shape);
  write_numbers(pickle, row_major_strides(tensor.shape));
  pickle.no();
  pickle.empty_ordered_dictionary();
  pickle.end_tuple();
  pickle.call();
}

using Attributes = std::map<std::string, std::string>;

void write_attributes(PickleWriter& pickle, const Attributes& attributes) {
  if (attributes.empty()) return;
  pickle.empty_dictionary();
  pickle.begin_items();
  for (const auto& [name, value] : attributes) {
    pickle.text(name);
    pickle.text(value);
  }
  pickle.end_items();
  pickle.restore();
}

std::string pickle_of(std::span<const TensorBytes> tensors, std::string_view root,
                      const Attributes& attributes) {
  PickleWriter pickle;
  if (!root.empty()) {
    pickle.empty_dictionary();
    pickle.begin_items();
    pickle.text(root);
  }
  pickle.empty_ordered_dictionary();
  pickle.begin_items();
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    pickle.text(tensors[i].name);
    write_tensor(pickle, tensors[i], std::to_string(i));
  }
  pickle.end_items();
  write_attributes(pickle, attributes);
  if (!root.empty()) pickle.end_items();
  return pickle.take();
}

ZipEntry entry(std::string_view name, std::string_view content) {
  return {std::string(kFolder) + std::string(name), {std::as_bytes(std::span(content))}};
}

}  // namespace

std::uint64_t write_pth(const std::filesystem::path& path, std::span<const TensorBytes> tensors,
                        std::string_view root, const Attributes& attributes,
                        const core::OnWritten& written) {
  std::string pickle;
  try {
    pickle = pickle_of(tensors, root, attributes);
  } catch (const Error& error) {
    throw Error(fmt::format("[pth] cannot write {}: {}", path.string(), error.what()));
  }
  std::vector<ZipEntry> entries{entry("data.pkl", pickle), entry("byteorder", "little")};
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    entries.push_back({fmt::format("{}data/{}", kFolder, i), {tensors[i].data}});
  }
  entries.push_back(entry("version", "3\n"));
  return write_zip(path, entries, kLargestZipNumber, written);
}

}  // namespace dbot::formats
