#include <ATen/ops/tensor.h>
#include <fmt/format.h>

#include <array>

#include "dbot/nn/position_table.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {
namespace {

/// Tables are computed in double precision; some may be stored in single precision.
double table_limit(const Fixture& fixture, const std::string& name) {
  return fixture.peek(name).scalar_type() == at::kDouble ? 1e-12 : 1e-6;
}

void compare_table(const Fixture& fixture, const std::string& name, const at::Tensor& ours,
                   Comparison& comparison) {
  comparison.tensor(name, ours, table_limit(fixture, name));
}

/// A grid is written as one side or as [rows, columns].
core::Size grid_of(const nlohmann::json& value) {
  if (value.is_array()) return {value.at(0).get<std::int64_t>(), value.at(1).get<std::int64_t>()};
  return {value.get<std::int64_t>(), value.get<std::int64_t>()};
}

std::string grid_text(const nlohmann::json& value) {
  return value.is_array() ? fmt::format("{}x{}", value.at(0).get<int>(), value.at(1).get<int>())
                          : fmt::format("{}", value.get<int>());
}

void check_squares(const Fixture& fixture, const nlohmann::json& entry, Comparison& comparison) {
  const auto width = entry.at("dim").get<std::int64_t>();
  const at::Tensor table = nn::sincos_table_2d(width, grid_of(entry.at("grid")));
  const std::string name = fmt::format("out.2d_{}_{}", width, grid_text(entry.at("grid")));
  const nlohmann::json rows = entry.value("rows", nlohmann::json());
  compare_table(
      fixture, name,
      rows.is_null()
          ? table
          : table.index_select(0, at::tensor(rows.get<std::vector<std::int64_t>>(), at::kLong)),
      comparison);
  if (!fixture.has(name + "_sum")) return;
  comparison.numbers(name + "_sum",
                     at::tensor({table.sum().item<double>(), table.pow(2).sum().item<double>()}),
                     table_limit(fixture, name + "_sum"));
}

void check_resized(const Fixture& fixture, const nlohmann::json& entry, Comparison& comparison) {
  const std::string name = fmt::format("interp_{}_{}_{}to{}", entry.at("kind").get<std::string>(),
                                       entry.at("dim").get<int>(), grid_text(entry.at("source")),
                                       grid_text(entry.at("target")));
  comparison.tensor("out." + name,
                    nn::resize_position_table(fixture.at("in." + name), grid_of(entry.at("source")),
                                              grid_of(entry.at("target"))),
                    limits::value);
}

}  // namespace

void check_position_embedding(const Fixture& fixture, Comparison& comparison) {
  const auto entries = [&](const char* key) {
    return fixture.config.value(key, nlohmann::json::array());
  };
  for (const auto& entry : entries("one_d")) {
    const auto width = entry.at("dim").get<std::int64_t>();
    compare_table(fixture, fmt::format("out.1d_{}", width),
                  nn::sincos_table_1d(width, entry.at("positions").get<std::vector<double>>()),
                  comparison);
  }
  for (const auto& entry : entries("two_d")) check_squares(fixture, entry, comparison);
  for (const auto& entry : entries("rect")) {
    const auto [width, rows, columns] = entry.get<std::array<std::int64_t, 3>>();
    compare_table(fixture, fmt::format("out.rect_{}_{}x{}", width, rows, columns),
                  nn::sincos_table_2d(width, {rows, columns}), comparison);
  }
  for (const auto& entry : entries("interpolate")) check_resized(fixture, entry, comparison);
}

}  // namespace dbot::golden
