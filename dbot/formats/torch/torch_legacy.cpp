#include <fmt/format.h>

#include <algorithm>

#include "dbot/core/error.h"
#include "dbot/formats/safetensors/safetensors_json.h"
#include "dbot/formats/torch/pickle_input.h"
#include "dbot/formats/torch/torch_content.h"
#include "dbot/formats/torch/torch_globals.h"

namespace dbot::formats {
namespace {

constexpr std::string_view kMagicNumber = "119547037146038801333356";
constexpr std::int64_t kProtocolVersion = 1001;

/// Takes pickles from the front of the file.
class Pickles {
 public:
  explicit Pickles(std::span<const std::byte> bytes) : rest_(bytes) {}

  PickleDocument next() {
    PickleDocument document = read_pickle(rest_, is_checkpoint_global);
    rest_ = rest_.subspan(document.size());
    return document;
  }
  std::span<const std::byte> rest() const { return rest_; }

 private:
  std::span<const std::byte> rest_;
};

void check_machine(const PickleValue& machine) {
  for (std::size_t i = 0; i + 1 < machine.entries.size(); i += 2) {
    const PickleValue& key = *machine.entries[i];
    const PickleValue& value = *machine.entries[i + 1];
    if (key.text == "little_endian" && value.kind == PickleKind::boolean && value.integer == 0) {
      throw DataError({.fault = Fault::unsupported,
                       .reason = "its numbers have the highest byte first, expected the lowest"});
    }
  }
}

/// Bytes of one element of each storage, as the tensors name them.
std::map<std::string, std::size_t, std::less<>> element_sizes(const PickleDocument& document) {
  std::map<std::string, std::size_t, std::less<>> sizes;
  for (const PickleValue& value : document.values()) {
    if (value.kind != PickleKind::persistent) continue;
    const StorageReference reference = storage_reference(value);
    const auto size = storage_element_size(reference.type_name);
    if (!size) {
      throw DataError(
          {.fault = Fault::unsupported,
           .reason = fmt::format("the storage {} is a {}, which is none", printable(reference.key),
                                 printable(reference.type_name))});
    }
    const auto [place, added] = sizes.emplace(reference.key, *size);
    if (!added && place->second != *size) {
      throw DataError(
          {.fault = Fault::corrupt,
           .reason = fmt::format("the storage {} has two element sizes, {} and {} bytes",
                                 printable(reference.key), place->second, *size)});
    }
  }
  return sizes;
}

}  // namespace

TorchContent read_torch_legacy(std::span<const std::byte> bytes) {
  Pickles pickles(bytes);
  {
    const PickleDocument magic = pickles.next();
    const bool known = magic.root().kind == PickleKind::long_integer &&
                       long_integer_text(magic.root()) == kMagicNumber;
    if (!known) {
      throw DataError(
          {.fault = Fault::unsupported,
           .reason = "it is a plain pickle, not a file of torch.save",
           .way_out = "load it in Python and save its tensors with torch.save or safetensors"});
    }
    const PickleDocument version = pickles.next();
    if (version.root().integer != kProtocolVersion) {
      throw DataError({.fault = Fault::unsupported,
                       .reason = fmt::format("its version is {}, expected {}",
                                             version.root().integer, kProtocolVersion)});
    }
    check_machine(pickles.next().root());
  }
  TorchContent content;
  content.container = WeightsContainer::torch_legacy;
  content.document = pickles.next();
  const auto sizes = element_sizes(content.document);
  const PickleDocument keys = pickles.next();
  PickleInput input(pickles.rest());
  for (const PickleValue* key : keys.root().items) {
    const auto size = sizes.find(key->text);
    if (size == sizes.end()) {
      throw DataError(
          {.fault = Fault::corrupt,
           .reason = fmt::format("no tensor uses its storage {}", printable(key->text))});
    }
    const std::uint64_t elements = input.number(8);
    if (elements > input.left() / size->second) {
      throw DataError(
          {.fault = Fault::truncated,
           .reason = fmt::format("the storage {} announces {} elements, {} bytes are left",
                                 printable(key->text), elements, input.left())});
    }
    const std::string_view data = input.take(elements * size->second);
    const ZipContent storage{std::as_bytes(std::span(data)), 0};
    if (!content.storages.emplace(key->text, storage).second) {
      throw DataError({.fault = Fault::corrupt,
                       .reason = fmt::format("it has the storage {} twice", printable(key->text))});
    }
  }
  return content;
}

}  // namespace dbot::formats
