#include "dbot/exchange/kinds/position_rows.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "dbot/core/error.h"

namespace dbot::exchange {
namespace {

bool is_square(std::int64_t count) {
  const auto side = static_cast<std::int64_t>(
      std::llround(std::sqrt(std::max<double>(0, static_cast<double>(count)))));
  return side > 1 && side * side == count;
}

bool is_table(const at::Tensor& tensor) {
  return tensor.dim() == 3 && tensor.size(0) == 1 && tensor.is_floating_point();
}

std::int64_t registers_of(const runtime::NamedTensors& tensors) {
  const auto found = tensors.find("register_tokens");
  return found != tensors.end() && found->second.dim() == 3 ? found->second.size(1) : 0;
}

/// Whether so many rows may be those of the patches.
bool may_be_patches(std::int64_t rows, const PositionFacts& facts) {
  if (!facts.image_size) return is_square(rows);
  return rows == (facts.image_size->height / facts.patch_size) *
                     (facts.image_size->width / facts.patch_size);
}

/// Rows before those of the patches, of the possible numbers; −1 if none fits.
std::int64_t prefix_rows(std::int64_t rows, std::int64_t before, std::int64_t registers,
                         const PositionFacts& facts, const std::string& source) {
  std::vector<std::int64_t> fitting;
  for (const std::int64_t prefix : {before, std::int64_t{0}, before + registers}) {
    const bool seen = !fitting.empty() && (fitting.front() == prefix || fitting.back() == prefix);
    if (!seen && may_be_patches(rows - prefix, facts)) fitting.push_back(prefix);
  }
  if (fitting.empty()) return -1;
  // Without registers a row for the class token is the rule.
  if (fitting.size() == 1 || registers == 0 || facts.registers_unplaced) return fitting.front();
  throw DataError({.operation = "image size",
                   .subject = source,
                   .fault = Fault::missing,
                   .reason = fmt::format(": pos_embed has {} rows, which may be {} or {} patches",
                                         rows, rows - fitting[0], rows - fitting[1]),
                   .way_out = "name the image size"});
}

}  // namespace

void place_positions(runtime::NamedTensors& tensors, const PositionFacts& facts,
                     const std::string& source, std::vector<std::string>& filled) {
  const auto table = tensors.find("pos_embed");
  if (table == tensors.end() || !is_table(table->second) || facts.patch_size < 1) return;
  const at::Tensor all = table->second;
  const std::int64_t before = tensors.contains("cls_token") ? 1 : 0;
  const std::int64_t registers = registers_of(tensors);
  const std::int64_t prefix = prefix_rows(all.size(1), before, registers, facts, source);
  if (prefix < 0 || prefix == before) return;
  if (prefix == 0) {
    table->second = at::cat({at::zeros({1, 1, all.size(2)}, all.options()), all}, 1);
    filled.emplace_back("pos_embed: zeros for the class token, as it has no position");
    return;
  }
  at::Tensor& tokens = tensors.at("register_tokens");
  if (tokens.size(2) != all.size(2)) return;
  tokens = tokens.to(at::kFloat) + all.slice(1, before, prefix).to(at::kFloat);
  table->second = at::cat({all.slice(1, 0, before), all.slice(1, prefix)}, 1);
  filled.emplace_back("register_tokens: with their rows of pos_embed added");
}

bool lacks_class_token(const runtime::NamedTensors& tensors, const PositionFacts& facts) {
  if (tensors.contains("cls_token")) return false;
  if (tensors.contains("attn_pool.latent")) return true;
  const auto table = tensors.find("pos_embed");
  if (table == tensors.end() || !is_table(table->second) || facts.patch_size < 1) return false;
  const std::int64_t rows = table->second.size(1);
  const std::int64_t registers = registers_of(tensors);
  return may_be_patches(rows, facts) || (registers > 0 && may_be_patches(rows - registers, facts));
}

}  // namespace dbot::exchange
