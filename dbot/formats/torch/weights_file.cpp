#include "dbot/formats/torch/weights_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <optional>

#include "dbot/core/error.h"
#include "dbot/core/error_context.h"
#include "dbot/formats/mapped_file.h"
#include "dbot/formats/safetensors/safetensors_header.h"
#include "dbot/formats/safetensors/safetensors_json.h"
#include "dbot/formats/torch/torch_content.h"

namespace dbot::formats {

struct WeightsFile::Content {
  std::filesystem::path path;
  std::uint64_t size = 0;
  std::vector<StoredTensor> tensors;
  std::vector<UnreadTensor> unread;
  // `safetensors`, or `file` with what torch.save wrote.
  std::optional<SafetensorsFile> safetensors;
  MappedFile file;
  TorchContent torch;
  std::deque<std::string> texts;  // of arrays
  std::map<std::string, std::string> attributes;
  /// By their beginning; a storage that was found sound is taken out.
  std::map<const std::byte*, ZipContent> unverified;
};

namespace {

std::string_view beginning_of(std::span<const std::byte> bytes) {
  constexpr std::size_t kShown = 512;
  return {reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), kShown)};
}

bool looks_like_safetensors(std::string_view text) {
  if (text.size() < 9 || text[8] != '{') return false;
  std::uint64_t length = 0;
  for (std::size_t i = 8; i-- > 0;) length = length << 8 | static_cast<unsigned char>(text[i]);
  return length <= kLongestHeader;
}

enum class Kind { zip, pickle, safetensors };

struct Signature {
  std::string_view beginning, kind;
};

constexpr std::array kOtherKinds{
    Signature{"version https://git-lfs",
              "a pointer of Git LFS: fetch the file itself (git lfs "
              "pull)"},
    Signature{"<", "a web page or XML: the download went wrong"},
    Signature{"\x89HDF", "an HDF5 file, as Keras writes them; export the weights to safetensors"},
    Signature{"GGUF", "a GGUF file; export the weights to safetensors"},
    Signature{"\x1f\x8b", "compressed with gzip; unpack it first"},
    Signature{"\x28\xb5\x2f\xfd", "compressed with zstd; unpack it first"},
    Signature{"{", "a JSON text; expected the weights themselves"},
};

Kind kind_of(std::string_view text, const std::filesystem::path& path) {
  if (text.starts_with("PK\x03\x04") || text.starts_with("PK\x05\x06")) return Kind::zip;
  // A pickle of protocol 2 to 5 says so in its first two bytes; a safetensors file of that length
  // of header would have its brace at byte 8.
  if (looks_like_safetensors(text)) return Kind::safetensors;
  if (text.starts_with('\x80')) return Kind::pickle;
  for (const Signature& other : kOtherKinds) {
    if (!text.starts_with(other.beginning)) continue;
    throw DataError({.fault = Fault::unsupported, .reason = fmt::format("it is {}", other.kind)});
  }
  constexpr std::size_t kTarName = 257;
  if (text.size() >= kTarName + 5 && text.substr(kTarName, 5) == "ustar") {
    throw DataError({.fault = Fault::unsupported,
                     .reason = "it is a tar file",
                     .way_out = "unpack it, or save it again with a PyTorch of this decade"});
  }
  // The reader of its kind says best what is wrong with a file of this name.
  if (path.extension() == ".safetensors") return Kind::safetensors;
  throw DataError(
      {.fault = Fault::unsupported,
       .reason = fmt::format(
           "it is no weights file that dbot knows, expected safetensors or what torch.save writes; "
           "it {}",
           text.empty() ? "is empty" : "begins with " + printable(text.substr(0, 16)))});
}

std::vector<StoredTensor> stored_tensors(const SafetensorsFile& file) {
  std::vector<StoredTensor> tensors;
  for (const TensorBytes& tensor : file.tensors()) {
    StoredTensor stored{tensor.name, tensor.type, tensor.shape, {}, 0, tensor.data};
    stored.strides.resize(tensor.shape.size());
    std::int64_t stride = 1;
    for (std::size_t i = tensor.shape.size(); i-- > 0;) {
      stored.strides[i] = stride;
      stride *= std::max<std::int64_t>(tensor.shape[i], 1);
    }
    tensors.push_back(std::move(stored));
  }
  return tensors;
}

}  // namespace

std::string_view container_name(WeightsContainer container) {
  switch (container) {
    case WeightsContainer::safetensors:
      return "safetensors";
    case WeightsContainer::torch_zip:
      return "PyTorch zip";
    case WeightsContainer::torch_legacy:
      return "PyTorch legacy";
    case WeightsContainer::torch_script:
      return "TorchScript";
  }
  return "unknown";
}

std::int64_t StoredTensor::elements() const {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) count *= extent;
  return count;
}

bool StoredTensor::contiguous() const {
  std::int64_t expected = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    if (shape[i] == 1) continue;
    if (strides[i] != expected) return elements() == 0;
    expected *= shape[i];
  }
  return true;
}

WeightsFile WeightsFile::open(const std::filesystem::path& path) {
  auto content = std::make_unique<Content>();
  content->path = path;
  try {
    content->file = MappedFile::open(path);
    const auto bytes = content->file.bytes();
    content->size = bytes.size();
    const Kind kind = kind_of(beginning_of(bytes), path);
    if (kind == Kind::safetensors) {
      content->file = MappedFile();
      content->safetensors = SafetensorsFile::open(path);
      content->tensors = stored_tensors(*content->safetensors);
      return WeightsFile(std::move(content));
    }
    content->torch = kind == Kind::zip ? read_torch_zip(bytes) : read_torch_legacy(bytes);
    TorchTensors found = collect_tensors(content->torch);
    content->tensors = std::move(found.tensors);
    content->unread = std::move(found.unread);
    content->texts = std::move(found.texts);
    content->attributes = own_attributes(content->torch.document);
  } catch (const DataError& error) {
    if (!error.fields().operation.empty()) throw;  // it names the file already
    throw data_error_about("weights", path.string(), error);
  }
  for (const auto& [key, storage] : content->torch.storages) {
    if (storage.checksum != 0) content->unverified.emplace(storage.bytes.data(), storage);
  }
  return WeightsFile(std::move(content));
}

void WeightsFile::verify(const StoredTensor& tensor) const {
  auto& unverified = content_->unverified;
  const auto found = unverified.find(tensor.storage.data());
  if (found == unverified.end()) return;
  try {
    check_content(found->second, tensor.name);
  } catch (const DataError& error) {
    throw data_error_about("weights", content_->path.string(), error);
  }
  unverified.erase(found);
}

WeightsFile::WeightsFile(std::unique_ptr<Content> content) : content_(std::move(content)) {}
WeightsFile::~WeightsFile() = default;
WeightsFile::WeightsFile(WeightsFile&&) noexcept = default;
WeightsFile& WeightsFile::operator=(WeightsFile&&) noexcept = default;

WeightsContainer WeightsFile::container() const {
  return content_->safetensors ? WeightsContainer::safetensors : content_->torch.container;
}

std::uint64_t WeightsFile::size() const {
  return content_->size;
}

const std::vector<StoredTensor>& WeightsFile::tensors() const {
  return content_->tensors;
}

const std::vector<UnreadTensor>& WeightsFile::unread() const {
  return content_->unread;
}

const std::map<std::string, std::string>& WeightsFile::metadata() const {
  return content_->safetensors ? content_->safetensors->metadata() : content_->attributes;
}

std::string WeightsFile::values() const {
  if (content_->safetensors) return "{}";
  try {
    return document_json(content_->torch.document);
  } catch (const DataError& error) {
    throw data_error_about("weights", content_->path.string(), error);
  }
}

}  // namespace dbot::formats
