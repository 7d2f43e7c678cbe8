#include "dbot/exchange/kinds/rotary_kind.h"

#include <ATen/TensorOperators.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "dbot/core/error.h"
#include "dbot/nn/vit/rotary.h"

namespace dbot::exchange {
namespace {

using nn::RotaryCoordinates;
using nn::RotaryPairs;

constexpr double kDinoBase = 100;
constexpr double kEvaBase = 10000;
constexpr core::Size kEvaReference{16, 16};  // 224 pixels in patches of 14
constexpr double kTableTolerance = 5e-3;     // of tables in half precision

[[noreturn]] void refuse(const std::string& source, const std::string& what) {
  throw DataError({.operation = "load encoder",
                   .subject = source,
                   .fault = Fault::unsupported,
                   .reason = ": " + what});
}

at::Tensor taken(runtime::NamedTensors& tensors, const std::string& name,
                 const std::string& source) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) return {};
  const at::Tensor tensor = found->second;
  tensors.erase(found);
  if (!tensor.is_floating_point() || tensor.numel() == 0 || !tensor.isfinite().all().item<bool>()) {
    refuse(source, name + " (rotary positions) does not hold finite numbers");
  }
  return tensor.to(at::kFloat);
}

RotaryKind dino(const RotaryFacts& facts, const at::Tensor& periods) {
  return {.rotary = {.coordinates = RotaryCoordinates::centred, .pairs = RotaryPairs::halves},
          .periods = periods,
          .base = facts.base.value_or(kDinoBase)};
}

RotaryKind eva(const RotaryFacts& facts) {
  return {.rotary = {.coordinates = RotaryCoordinates::index,
                     .pairs = RotaryPairs::neighbours,
                     .reference = facts.reference.value_or(kEvaReference)},
          .base = facts.base.value_or(kEvaBase)};
}

bool has(const runtime::NamedTensors& tensors, const char* name) {
  return tensors.contains(name);
}

/// A gated MLP, an absolute table, no gains, and one of the parts that only EVA-02 has beside them.
bool looks_like_eva(const runtime::NamedTensors& tensors) {
  return has(tensors, "blocks.0.mlp.fc1_g.weight") && has(tensors, "pos_embed") &&
         !has(tensors, "blocks.0.gamma_1") &&
         (has(tensors, "blocks.0.attn.q_bias") || has(tensors, "blocks.0.mlp.norm.weight") ||
          has(tensors, "blocks.0.attn.norm.weight"));
}

/// Registers and gains, and nothing that says where patches are.
bool looks_like_dino(const runtime::NamedTensors& tensors) {
  return has(tensors, "register_tokens") && has(tensors, "blocks.0.gamma_1") &&
         !has(tensors, "pos_embed") && !has(tensors, "rel_pos_bias.relative_position_bias_table") &&
         !has(tensors, "blocks.0.attn.relative_position_bias_table");
}

/// A stored table of cosines has to be the one that is computed: of the reference grid, or of its
/// own.
RotaryKind matching_eva(const RotaryFacts& facts, const at::Tensor& cosine, const at::Tensor& sine,
                        const std::string& source) {
  RotaryKind kind = eva(facts);
  const at::Tensor table = cosine.dim() > 2 ? cosine.flatten(0, -2) : cosine;
  const at::Tensor sines = sine.dim() > 2 ? sine.flatten(0, -2) : sine;
  const std::int64_t patches = table.dim() == 2 ? table.size(0) : 0;
  const auto side =
      static_cast<std::int64_t>(std::llround(std::sqrt(static_cast<double>(patches))));
  if (patches > 0 && side * side == patches && table.size(1) % 4 == 0 &&
      sines.sizes() == table.sizes()) {
    kind.periods = nn::index_periods(table.size(1), kind.base);
    for (const core::Size reference : {kind.rotary.reference, core::Size{}}) {
      kind.rotary.reference = reference;
      const nn::RotaryTable computed =
          nn::rotary_table(kind.rotary, kind.periods, core::Size{side, side});
      const double difference = std::max((computed.cosine - table).abs().max().item<double>(),
                                         (computed.sine - sines).abs().max().item<double>());
      if (difference <= kTableTolerance) return kind;
    }
  }
  refuse(source, fmt::format("rope.freqs_cos [{}] is a table of rotary positions in another form "
                             "than EVA-02's; dbot does not build such a network",
                             fmt::join(cosine.sizes(), ", ")));
}

}  // namespace

std::optional<RotaryKind> find_rotary(runtime::NamedTensors& tensors, const RotaryFacts& facts,
                                      const std::string& source,
                                      std::vector<std::string>& assumed) {
  using Family = RotaryFacts::Family;
  at::Tensor periods = taken(tensors, "rope_embed.periods", source);
  const at::Tensor frequencies = taken(tensors, "rope_embed.inv_freq", source);
  if (!periods.defined() && frequencies.defined()) periods = frequencies.reciprocal();
  if (periods.defined()) return dino(facts, periods);
  const at::Tensor cosine = taken(tensors, "rope.freqs_cos", source);
  const at::Tensor sine = taken(tensors, "rope.freqs_sin", source);
  if (cosine.defined() && sine.defined()) return matching_eva(facts, cosine, sine, source);
  if (facts.family == Family::dinov3) return dino(facts, {});
  if (facts.family == Family::eva02) return eva(facts);
  if (facts.family == Family::other) refuse_rotary_positions(source);
  if (facts.described) return std::nullopt;
  if (looks_like_eva(tensors)) {
    assumed.emplace_back("rotary positions: EVA-02's, base 10000, of a grid of 16×16 patches");
    return eva(facts);
  }
  if (looks_like_dino(tensors)) {
    assumed.emplace_back("rotary positions: DINOv3's, base 100");
    return dino(facts, {});
  }
  if (has(tensors, "blocks.0.mlp.fc1_g.weight") && !has(tensors, "blocks.0.gamma_1")) {
    assumed.emplace_back("no rotary positions, as no tensor shows them");
  }
  return std::nullopt;
}

at::Tensor periods_of(const RotaryKind& kind, std::int64_t head_width, const std::string& source) {
  if (head_width % 4 != 0) {
    refuse(source, fmt::format("rotary positions need heads of a multiple of 4 columns, these have "
                               "{}",
                               head_width));
  }
  if (!kind.periods.defined()) {
    return kind.rotary.coordinates == RotaryCoordinates::centred
               ? nn::centred_periods(head_width, kind.base)
               : nn::index_periods(head_width, kind.base);
  }
  if (kind.periods.dim() != 1 || kind.periods.size(0) != head_width / 4) {
    refuse(source, fmt::format("rope_embed.periods is [{}], expected [{}] for heads of {} columns",
                               fmt::join(kind.periods.sizes(), ", "), head_width / 4, head_width));
  }
  return kind.periods;
}

void refuse_rotary_positions(const std::string& source) {
  throw DataError({.operation = "load encoder",
                   .subject = source,
                   .fault = Fault::unsupported,
                   .reason = ": config.json tells of rotary positions in another form than "
                             "DINOv3's and EVA-02's; dbot does not build such a network"});
}

}  // namespace dbot::exchange
