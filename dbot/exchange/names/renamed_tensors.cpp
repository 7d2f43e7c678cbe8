#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <fmt/format.h>

#include <array>
#include <map>

#include "dbot/core/error.h"
#include "dbot/exchange/names/tensor_names.h"
#include "dbot/runtime/shape_text.h"

namespace dbot::exchange {
namespace {

std::string shape_of(const at::Tensor& tensor) {
  return runtime::shape_text(tensor.sizes());
}

[[noreturn]] void fail(const std::string& name, const std::string& what) {
  throw DataError(
      {.operation = "names", .subject = name, .fault = Fault::mismatch, .reason = what});
}

void require_dimensions(const std::string& name, const at::Tensor& tensor, std::int64_t count) {
  if (tensor.dim() == count) return;
  fail(name, fmt::format("is {}, expected {} dimension{}", shape_of(tensor), count,
                         count == 1 ? "" : "s"));
}

at::Tensor official_form(const std::string& name, const at::Tensor& tensor, TensorForm form) {
  switch (form) {
    case TensorForm::vector:
      require_dimensions(name, tensor, 1);
      return tensor.reshape({1, 1, -1});
    case TensorForm::table:
      require_dimensions(name, tensor, 2);
      return tensor.unsqueeze(0);
    case TensorForm::transposed:
      require_dimensions(name, tensor, 2);
      return tensor.t().contiguous();
    default:
      return tensor;
  }
}

at::Tensor foreign_form(const std::string& name, const at::Tensor& tensor, TensorForm form) {
  const auto third = [&](std::int64_t which) {
    if (tensor.dim() < 1 || tensor.size(0) % 3 != 0) {
      fail(name, fmt::format("is {}, expected rows for query, key and value", shape_of(tensor)));
    }
    const std::int64_t rows = tensor.size(0) / 3;
    return tensor.narrow(0, which * rows, rows);
  };
  switch (form) {
    case TensorForm::query:
      return third(0);
    case TensorForm::key:
      return third(1);
    case TensorForm::value:
      return third(2);
    case TensorForm::vector:
      return tensor.reshape({-1});
    case TensorForm::table:
      require_dimensions(name, tensor, 3);
      return tensor.squeeze(0);
    case TensorForm::transposed:
      require_dimensions(name, tensor, 2);
      return tensor.t();
    case TensorForm::same:
      break;
  }
  return tensor;
}

/// Query, key and value of one official tensor, by their foreign names.
struct Thirds {
  std::array<std::string, 3> names;
  std::array<at::Tensor, 3> tensors;
};

at::Tensor fused(const std::string& official, const Thirds& thirds) {
  constexpr std::array kParts{"query", "key", "value"};
  const at::Tensor* first = nullptr;
  for (std::size_t i = 0; i < 3; ++i) {
    const at::Tensor& tensor = thirds.tensors[i];
    if (!tensor.defined()) {
      fail(official,
           fmt::format("has no {} part in the file, expected query, key and value", kParts[i]));
    }
    if (first == nullptr) first = &tensor;
    if (tensor.sizes() != first->sizes() || tensor.scalar_type() != first->scalar_type()) {
      fail(thirds.names[i],
           fmt::format("is {} {}, expected {} {} as {}", c10::toString(tensor.scalar_type()),
                       shape_of(tensor), c10::toString(first->scalar_type()), shape_of(*first),
                       thirds.names[0]));
    }
  }
  require_dimensions(thirds.names[0], *first, official.ends_with("bias") ? 1 : 2);
  return at::cat({thirds.tensors[0], thirds.tensors[1], thirds.tensors[2]}, 0);
}

}  // namespace

RenamedTensors to_official(const runtime::NamedTensors& foreign, NameStyle style) {
  RenamedTensors result;
  std::map<std::string, Thirds> split;
  for (const auto& [name, tensor] : foreign) {
    const auto place = official_place(name, style);
    if (!place) {
      result.left_out.push_back(name);
      continue;
    }
    if (place->form == TensorForm::query || place->form == TensorForm::key ||
        place->form == TensorForm::value) {
      const auto third =
          static_cast<std::size_t>(place->form) - static_cast<std::size_t>(TensorForm::query);
      Thirds& thirds = split[place->name];
      thirds.names[third] = name;
      thirds.tensors[third] = tensor;
      continue;
    }
    const at::Tensor official = official_form(name, tensor, place->form);
    if (!result.tensors.emplace(place->name, official).second) {
      fail(name, fmt::format("is {} a second time, expected one name of it", place->name));
    }
  }
  for (const auto& [official, thirds] : split) {
    result.tensors.insert_or_assign(official, fused(official, thirds));
  }
  return result;
}

RenamedTensors from_official(const runtime::NamedTensors& official, NameStyle style) {
  RenamedTensors result;
  for (const auto& [name, tensor] : official) {
    const auto places = foreign_places(name, style);
    if (places.empty()) result.left_out.push_back(name);
    for (const NamePlace& place : places) {
      result.tensors.insert_or_assign(place.name, foreign_form(name, tensor, place.form));
    }
  }
  return result;
}

RenamedTensors hugging_face_to_official(const runtime::NamedTensors& tensors) {
  constexpr std::string_view kPrefix = "vit.";
  runtime::NamedTensors bare;
  std::vector<std::string> names;
  for (const auto& [name, tensor] : tensors) {
    const std::string plain = name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : name;
    bare.emplace(plain, tensor);
    names.push_back(plain);
  }
  const auto style = style_of(names);
  if (!style) {
    throw DataError(
        {.operation = "names",
         .subject = "embeddings.patch_embeddings.projection.weight",
         .fault = Fault::missing,
         .reason = "is missing, expected the names of a Hugging Face vision transformer"});
  }
  return to_official(bare, *style);
}

RenamedTensors to_hugging_face(const runtime::NamedTensors& official, NameStyle style,
                               std::string_view prefix) {
  RenamedTensors bare = from_official(official, style);
  RenamedTensors result;
  result.left_out = std::move(bare.left_out);
  for (auto& [name, tensor] : bare.tensors) {
    const bool outside = name.starts_with("decoder.") || name.starts_with("classifier.") ||
                         name.starts_with("visual_projection.");
    result.tensors.emplace(outside ? name : std::string(prefix) + name, std::move(tensor));
  }
  return result;
}

}  // namespace dbot::exchange
