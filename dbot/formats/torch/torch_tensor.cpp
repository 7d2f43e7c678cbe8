// Tensors as torch's pickles describe them: a storage, an offset, extents and strides.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <limits>

#include "dbot/core/error.h"
#include "dbot/formats/safetensors/safetensors_header.h"
#include "dbot/formats/safetensors/safetensors_json.h"
#include "dbot/formats/torch/torch_content.h"
#include "dbot/formats/torch/torch_globals.h"

namespace dbot::formats {
namespace {

constexpr std::string_view kUtilities = "torch._utils._rebuild_";

[[noreturn]] void malformed(std::string_view what) {
  throw DataError(
      {.fault = Fault::corrupt, .reason = fmt::format("a tensor is malformed: {}", what)});
}

const PickleValue& argument(std::span<const PickleValue* const> arguments, std::size_t index) {
  if (index >= arguments.size()) malformed("it has too few arguments");
  return *arguments[index];
}

std::int64_t whole(const PickleValue& value, std::string_view what) {
  if (value.kind != PickleKind::integer || value.integer < 0) {
    malformed(fmt::format("its {} is not a whole number of 0 to 2^63 - 1", what));
  }
  return value.integer;
}

std::vector<std::int64_t> whole_numbers(const PickleValue& value, std::string_view what) {
  if (value.kind != PickleKind::tuple && value.kind != PickleKind::list) {
    malformed(fmt::format("its {} is no list", what));
  }
  if (value.items.size() > kMostDimensions) {
    malformed(fmt::format("it has {} dimensions, expected at most {}", value.items.size(),
                          kMostDimensions));
  }
  std::vector<std::int64_t> numbers;
  for (const PickleValue* item : value.items) numbers.push_back(whole(*item, what));
  return numbers;
}

/// Bytes of the storage that a tensor may use, the tensor's own type given for untyped ones.
std::span<const std::byte> find_storage(const StorageReference& reference, std::size_t element,
                                        const TorchContent& content) {
  const auto found = content.storages.find(reference.key);
  if (found == content.storages.end()) {
    throw DataError({.fault = Fault::missing,
                     .reason = fmt::format("its storage {} is missing", printable(reference.key))});
  }
  const auto bytes = found->second.bytes;
  if (reference.elements > bytes.size() / element) {
    throw DataError(
        {.fault = Fault::truncated,
         .reason = fmt::format("its storage {} has {} bytes, which are fewer than {} elements",
                               printable(reference.key), bytes.size(), reference.elements)});
  }
  const auto storage = bytes.first(reference.elements * element);
  if (!reference.view) return storage;
  const auto [first, count] = *reference.view;
  if (first > reference.elements || count > reference.elements - first) {
    throw DataError(
        {.fault = Fault::corrupt,
         .reason = fmt::format("a view of storage {} lies outside it", printable(reference.key))});
  }
  return storage.subspan(first * element, count * element);
}

/// Throws unless every element of the tensor lies in its storage.
void check_extent(const StoredTensor& tensor) {
  const auto bytes = byte_count(tensor.type, tensor.shape);
  if (!bytes || *bytes > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    malformed(fmt::format("its extents are [{}], more than 63 bits count",
                          fmt::join(tensor.shape, ", ")));
  }
  if (*bytes == 0) return;
  std::int64_t last = tensor.offset;
  for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
    std::int64_t step = 0;
    if (__builtin_mul_overflow(tensor.shape[i] - 1, tensor.strides[i], &step) ||
        __builtin_add_overflow(last, step, &last)) {
      malformed("its strides lead beyond what 63 bits count");
    }
  }
  const std::size_t held = tensor.storage.size() / element_size(tensor.type);
  if (static_cast<std::uint64_t>(last) >= held) {
    malformed(fmt::format(
        "extents [{}], strides [{}] and offset {} reach element {}, its storage "
        "has {}",
        fmt::join(tensor.shape, ", "), fmt::join(tensor.strides, ", "), tensor.offset, last, held));
  }
}

bool is_negated(const PickleValue& metadata) {
  for (std::size_t i = 0; i + 1 < metadata.entries.size(); i += 2) {
    if (metadata.entries[i + 1]->integer != 0) return true;
  }
  return false;
}

/// The innermost call that makes a tensor: parameters and subclasses are wrapped around it.
struct TensorCall {
  std::string_view function;
  std::span<const PickleValue* const> arguments;
};

TensorCall unwrapped(const PickleValue& value) {
  constexpr int kMostWrappers = 8;
  TensorCall call{value.text, value.items};
  for (int i = 0; i < kMostWrappers; ++i) {
    if (call.function.starts_with("torch._utils._rebuild_parameter")) {
      const PickleValue& inner = argument(call.arguments, 0);
      if (inner.kind != PickleKind::object) malformed("a parameter holds no tensor");
      call = {inner.text, inner.items};
    } else if (call.function == "torch._tensor._rebuild_from_type_v2") {
      const PickleValue& function = argument(call.arguments, 0);
      const PickleValue& arguments = argument(call.arguments, 2);
      if (function.kind != PickleKind::global || arguments.kind != PickleKind::tuple) {
        malformed("a subclass holds no tensor");
      }
      call = {function.text, arguments.items};
    } else {
      return call;
    }
  }
  malformed("parameters within parameters");
}

}  // namespace

StorageReference storage_reference(const PickleValue& value) {
  if (value.kind != PickleKind::persistent) malformed("it has no storage");
  const std::span<const PickleValue* const> parts(value.items);
  const PickleValue& type = argument(parts, 1);
  const PickleValue& key = argument(parts, 2);
  if (argument(parts, 0).text != "storage" || type.kind != PickleKind::global ||
      key.kind != PickleKind::text) {
    malformed("its storage is not named by type and key");
  }
  StorageReference reference{std::string(type.text), std::string(key.text), 0, std::nullopt};
  reference.elements = static_cast<std::uint64_t>(whole(argument(parts, 4), "storage size"));
  if (parts.size() > 5 && parts[5]->kind == PickleKind::tuple) {
    const std::span<const PickleValue* const> view(parts[5]->items);
    reference.view = {static_cast<std::uint64_t>(whole(argument(view, 1), "view's offset")),
                      static_cast<std::uint64_t>(whole(argument(view, 2), "view's size"))};
  }
  return reference;
}

bool is_tensor(const PickleValue& value) {
  return value.kind == PickleKind::object && (value.text.starts_with(kUtilities) ||
                                              value.text == "torch._tensor._rebuild_from_type_v2");
}

std::variant<StoredTensor, std::string> read_tensor(const PickleValue& value,
                                                    const TorchContent& content) {
  const auto [function, arguments] = unwrapped(value);
  const bool typed_by_itself = function == "torch._utils._rebuild_tensor_v3";
  if (!typed_by_itself && function != "torch._utils._rebuild_tensor_v2" &&
      function != "torch._utils._rebuild_tensor") {
    return fmt::format("it is made by {}, of which dbot reads no tensors", function);
  }
  const StorageReference reference = storage_reference(argument(arguments, 0));
  const std::string_view type_name =
      typed_by_itself ? argument(arguments, 6).text : std::string_view(reference.type_name);
  const auto type = torch_element_type(type_name);
  if (!type) return fmt::format("its type {} is not one dbot reads", type_name);
  const std::size_t metadata = typed_by_itself ? 7 : 6;
  if (arguments.size() > metadata && is_negated(*arguments[metadata])) {
    return "it is stored negated or conjugated";
  }
  StoredTensor tensor;
  tensor.type = *type;
  tensor.offset = whole(argument(arguments, 1), "offset");
  tensor.shape = whole_numbers(argument(arguments, 2), "shape");
  tensor.strides = whole_numbers(argument(arguments, 3), "strides");
  if (tensor.shape.size() != tensor.strides.size()) {
    malformed(fmt::format("it has {} extents and {} strides", tensor.shape.size(),
                          tensor.strides.size()));
  }
  const bool untyped = is_untyped_storage(reference.type_name);
  tensor.storage = find_storage(reference, untyped ? 1 : element_size(*type), content);
  check_extent(tensor);
  return tensor;
}

}  // namespace dbot::formats
