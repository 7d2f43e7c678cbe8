#include <algorithm>
#include <cmath>

#include "dbot/core/error.h"
#include "dbot/data/augment/crop_rules.h"
#include "dbot/data/image/crop.h"
#include "dbot/masking/random_mask.h"
#include "dbot/nn/vit/classifier.h"
#include "dbot/optim/layer_decay.h"
#include "dbot/optim/schedule.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {
namespace {

constexpr double kDoubleLimit = 1e-12;

/// Where a value is to be read from a row of a table with named columns.
std::size_t column(const nlohmann::json& table, const char* name) {
  const auto& columns = table.at("columns");
  const auto found = std::find(columns.begin(), columns.end(), name);
  if (found == columns.end()) throw Error(std::string("[golden] no column ") + name);
  return static_cast<std::size_t>(found - columns.begin());
}

void compare_times(const nlohmann::json& entry, const std::vector<double>& boundaries,
                   Comparison& comparison) {
  const auto times = entry.at("table").at(0).get<std::vector<double>>();
  const auto rates = entry.at("table").at(1).get<std::vector<double>>();
  comparison.truth("as many rates as times", times.size() == rates.size());
  for (std::size_t i = 0; i < std::min(times.size(), rates.size()); ++i) {
    const auto after = std::upper_bound(boundaries.begin(), boundaries.end() - 1, times[i]);
    const double rate = optim::learning_rate(
        times[i], *(after - 1), *after, entry.at("warmup_epochs").get<double>(),
        entry.at("lr").get<double>(), entry.at("min_lr").get<double>());
    comparison.number("rate at " + std::to_string(times[i]), rate, rates[i], kDoubleLimit);
  }
}

void compare_every_step(const nlohmann::json& entry, Comparison& comparison) {
  const auto boundaries = entry.at("stage_epochs").get<std::vector<double>>();
  const auto steps_per_epoch = entry.at("iters_per_epoch").get<double>();
  const auto steps = [&](double epochs) {
    return static_cast<std::int64_t>(epochs * steps_per_epoch);
  };
  std::vector<double> rates;
  for (std::size_t stage = 0; stage + 1 < boundaries.size(); ++stage) {
    const std::vector<double> table =
        optim::rate_table(steps(boundaries[stage + 1] - boundaries[stage]),
                          steps(entry.at("warmup_epochs").get<double>()),
                          entry.at("lr").get<double>(), entry.at("min_lr").get<double>());
    rates.insert(rates.end(), table.begin(), table.end());
  }
  const auto expected = entry.at("values").get<std::vector<double>>();
  comparison.truth("as many rates as steps", rates.size() == expected.size());
  for (std::size_t i = 0; i < std::min(rates.size(), expected.size()); ++i) {
    comparison.number("rate of step " + std::to_string(i), rates[i], expected[i], kDoubleLimit);
  }
}

/// The names of a group list depend on the network's parameters: rebuild it for the listed depth.
void compare_groups(const nlohmann::json& entry, Comparison& comparison) {
  const auto& expected = entry.at("groups");
  double weight_decay = 0;
  bool has_fc_norm = false;
  for (const auto& group : expected) {
    weight_decay = std::max(weight_decay, group.at("weight_decay").get<double>());
    for (const auto& name : group.at("names")) {
      has_fc_norm = has_fc_norm || name.get<std::string>().starts_with("fc_norm");
    }
  }
  nn::ClassifierConfig config;
  config.encoder.depth = entry.at("depth").get<std::int64_t>();
  config.encoder.width = 4;
  config.encoder.heads = 1;
  config.encoder.image_size = {4, 4};
  config.encoder.patch_size = 4;
  config.pooling = has_fc_norm ? nn::Pooling::mean : nn::Pooling::cls;
  const auto groups =
      optim::layer_decay_groups(nn::classifier_parameters(config), config.encoder.depth,
                                entry.at("layer_decay").get<double>(), weight_decay);
  comparison.truth("as many groups", groups.size() == expected.size());
  for (std::size_t i = 0; i < std::min(groups.size(), expected.size()); ++i) {
    const std::string name = "group " + std::to_string(i);
    comparison.number(name, groups[i].rate_scale, expected[i].at("lr_scale").get<double>(),
                      kDoubleLimit);
    comparison.number(name + " decay", groups[i].weight_decay,
                      expected[i].at("weight_decay").get<double>(), kDoubleLimit);
    comparison.truth(name + " names",
                     groups[i].names == expected[i].at("names").get<std::vector<std::string>>());
  }
}

}  // namespace

void check_learning_rates(const nlohmann::json& table, Comparison& comparison) {
  for (const auto& entry : table.at("cases")) {
    const auto kind = entry.at("kind").get<std::string>();
    if (kind.starts_with("dbot_stages")) {
      compare_times(entry, entry.at("stage_epochs").get<std::vector<double>>(), comparison);
    } else if (kind.starts_with("single")) {
      compare_times(entry, {0.0, entry.at("epochs").get<double>()}, comparison);
    } else if (kind.starts_with("symmetric")) {
      compare_every_step(entry, comparison);
    } else {
      throw Error("[golden] unknown kind of schedule: " + kind);
    }
  }
}

void check_kept_patches(const nlohmann::json& table, Comparison& comparison) {
  const std::size_t patches = column(table, "num_patches"), ratio = column(table, "mask_ratio"),
                    kept = column(table, "len_keep");
  for (const auto& row : table.at("rows")) {
    comparison.number(row.dump(),
                      static_cast<double>(masking::kept_patches(row.at(patches).get<std::int64_t>(),
                                                                row.at(ratio).get<double>())),
                      row.at(kept).get<double>(), 0);
  }
}

void check_layer_decay(const nlohmann::json& table, Comparison& comparison) {
  for (const auto& [name, entry] : table.at("cases").items()) {
    const auto scales = optim::layer_scales(entry.at("depth").get<std::int64_t>(),
                                            entry.at("layer_decay").get<double>());
    const auto expected = entry.at("scale_by_layer_id").get<std::vector<double>>();
    comparison.truth(name + " layers", scales.size() == expected.size());
    for (std::size_t i = 0; i < std::min(scales.size(), expected.size()); ++i) {
      comparison.number(name, scales[i], expected[i], kDoubleLimit);
    }
    if (entry.contains("groups") && !entry.at("groups").is_null()) {
      compare_groups(entry, comparison);
    }
  }
}

void check_single_shot_crop(const nlohmann::json& table, Comparison& comparison) {
  const auto at = [&](const nlohmann::json& row, const char* name) {
    return row.at(column(table, name)).get<double>();
  };
  for (const auto& row : table.at("rows")) {
    const data::Crop crop =
        data::single_shot_crop(static_cast<int>(at(row, "height")),
                               static_cast<int>(at(row, "width")), at(row, "draw_area_fraction"),
                               at(row, "draw_log_ratio"), at(row, "draw_i"), at(row, "draw_j"));
    const data::Crop expected{static_cast<int>(at(row, "i")), static_cast<int>(at(row, "j")),
                              static_cast<int>(at(row, "h")), static_cast<int>(at(row, "w"))};
    comparison.truth(row.dump(), crop == expected);
  }
}

}  // namespace dbot::golden
