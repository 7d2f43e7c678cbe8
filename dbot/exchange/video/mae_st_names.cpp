#include "dbot/exchange/video/mae_st_names.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

#include "dbot/core/error.h"

namespace dbot::exchange {
namespace {

constexpr std::string_view kQueries = ".attn.q.", kKeys = ".attn.k.", kValues = ".attn.v.";
constexpr std::string_view kFused = ".attn.qkv.";
constexpr std::string_view kNests[] = {"model_state.", "module."};
constexpr std::string_view kTheirTable = "dec_pos_embed", kOurTable = "decoder_pos_embed";

[[noreturn]] void refuse_clip_tensor(const std::string& source, const std::string& what) {
  throw DataError({.operation = "load encoder",
                   .subject = source,
                   .fault = Fault::mismatch,
                   .reason = ": " + what});
}

/// Without the nests before it, and by the first program's name.
std::string first_name(std::string_view name) {
  for (const std::string_view nest : kNests) {
    if (name.starts_with(nest)) name.remove_prefix(nest.size());
  }
  if (!name.starts_with(kTheirTable)) return std::string(name);
  return std::string(kOurTable) + std::string(name.substr(kTheirTable.size()));
}

/// `name` with one of its parts in place of another.
std::string with_part(const std::string& name, std::string_view part, std::string_view other) {
  std::string renamed = name;
  return renamed.replace(renamed.find(part), part.size(), other);
}

/// Queries, keys and values that belong to the queries of this name, one below the other.
at::Tensor joined_attention(const runtime::NamedTensors& tensors, const std::string& query,
                            const std::string& source) {
  std::vector<at::Tensor> parts;
  for (const std::string_view part : {kQueries, kKeys, kValues}) {
    const std::string name = with_part(query, kQueries, part);
    const auto found = tensors.find(name);
    if (found == tensors.end()) {
      refuse_clip_tensor(source, fmt::format("{} is missing beside {}", name, query));
    }
    if (!parts.empty() && found->second.sizes() != parts.front().sizes()) {
      refuse_clip_tensor(source, fmt::format("{} is [{}], expected [{}] as the queries", name,
                                             fmt::join(found->second.sizes(), ", "),
                                             fmt::join(parts.front().sizes(), ", ")));
    }
    parts.push_back(found->second);
  }
  if (parts.front().dim() == 0) {
    refuse_clip_tensor(source, fmt::format("{} has no dimension, expected one or two", query));
  }
  return at::cat(parts);
}

/// Whether a tensor is of keys or values, whose queries must be there.
bool goes_with_query(const runtime::NamedTensors& tensors, const std::string& name,
                     const std::string& source) {
  for (const std::string_view part : {kKeys, kValues}) {
    if (name.find(part) == std::string::npos) continue;
    const std::string query = with_part(name, part, kQueries);
    if (tensors.contains(query)) return true;
    refuse_clip_tensor(source, fmt::format("{} is missing beside {}", query, name));
  }
  return false;
}

}  // namespace

bool has_mae_st_names(const runtime::NamedTensors& tensors) {
  return std::ranges::any_of(tensors, [](const auto& entry) {
    return entry.first.starts_with(kNests[0]) || entry.first.find(kQueries) != std::string::npos;
  });
}

runtime::NamedTensors mae_st_to_ours(const runtime::NamedTensors& tensors,
                                     const std::string& source) {
  runtime::NamedTensors theirs, ours;
  for (const auto& [name, tensor] : tensors) {
    if (!theirs.emplace(first_name(name), tensor).second) {
      refuse_clip_tensor(source, fmt::format("{} stands there under two names", first_name(name)));
    }
  }
  for (const auto& [name, tensor] : theirs) {
    if (name.find(kQueries) != std::string::npos) {
      ours[with_part(name, kQueries, kFused)] = joined_attention(theirs, name, source);
    } else if (!goes_with_query(theirs, name, source)) {
      ours[name] = tensor;
    }
  }
  return ours;
}

runtime::NamedTensors mae_st_from_ours(const runtime::NamedTensors& tensors) {
  runtime::NamedTensors theirs;
  for (const auto& [name, tensor] : tensors) {
    if (name.find(kFused) == std::string::npos) {
      theirs[name] = tensor;
      continue;
    }
    const std::vector<at::Tensor> parts = tensor.chunk(3);
    theirs[with_part(name, kFused, kQueries)] = parts[0];
    theirs[with_part(name, kFused, kKeys)] = parts[1];
    theirs[with_part(name, kFused, kValues)] = parts[2];
  }
  return theirs;
}

}  // namespace dbot::exchange
