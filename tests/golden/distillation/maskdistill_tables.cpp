#include <fmt/format.h>

#include "dbot/core/error.h"
#include "dbot/masking/block_mask.h"
#include "dbot/nn/position_table.h"
#include "dbot/nn/vit/relative_positions.h"
#include "dbot/objectives/target.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {
namespace {

/// The draws of one mask in the order in which the reference made them, each with its kind.
class RecordedDraws {
 public:
  RecordedDraws(const at::Tensor& kinds, const at::Tensor& values)
      : kinds_(kinds.contiguous()), values_(values.contiguous()) {}

  masking::BlockDraws draws() {
    return {[this](double low, double high) { return low + (high - low) * take(kUnit); },
            [this](std::int64_t) { return static_cast<std::int64_t>(take(kInteger)); },
            [this](std::int64_t count, std::int64_t) {
              std::vector<std::int64_t> places;
              while (std::ssize(places) < count) {
                places.push_back(static_cast<std::int64_t>(take(kRepair)));
              }
              return places;
            }};
  }
  bool used_up() const { return next_ == values_.numel(); }

 private:
  static constexpr std::int64_t kUnit = 0, kInteger = 1, kRepair = 2;

  double take(std::int64_t kind) {
    if (used_up() || kinds_.const_data_ptr<std::int64_t>()[next_] != kind) {
      throw Error("[golden] another draw is asked for than the generator made");
    }
    return values_.const_data_ptr<double>()[next_++];
  }

  at::Tensor kinds_, values_;
  std::int64_t next_ = 0;
};

void compare_masks(const Fixture& fixture, Comparison& comparison) {
  for (const auto& entry : fixture.json_entry("cases")) {
    const auto number = fmt::format("{}", entry.at("case").get<int>());
    const auto side = entry.at("grid").get<std::int64_t>();
    const masking::BlockConfig blocks{.masked = entry.at("num_masked").get<std::int64_t>(),
                                      .smallest = entry.at("min_block").get<std::int64_t>(),
                                      .narrowest = fixture.config.at("min_aspect").get<double>(),
                                      .largest = value_or<std::int64_t>(entry, "max_block", 0),
                                      .exact = true};
    RecordedDraws recorded(fixture.at("draw_kind" + number), fixture.at("draw_value" + number));
    comparison.exact("mask" + number, masking::block_mask({side, side}, blocks, recorded.draws()));
    comparison.truth("all draws of mask " + number + " are used", recorded.used_up());
  }
}

/// "4to3": squares before and after.
void compare_position_tables(const Fixture& fixture, Comparison& comparison) {
  for (const auto& [name, table] : fixture.with_prefix("pos_interp_in_")) {
    const std::int64_t from = std::stoll(name), to = std::stoll(name.substr(name.find("to") + 2));
    for (const auto& [kind, offset] :
         {std::pair{"out", nn::kDinoOffset}, std::pair{"plain", 0.0}}) {
      const at::Tensor resized =
          nn::resize_position_table(table.unsqueeze(0), {from, from}, {to, to}, {.offset = offset});
      comparison.elements(fmt::format("pos_interp_{}_{}", kind, name), resized.squeeze(0),
                          element_limits::value);
    }
  }
}

}  // namespace

void check_maskdistill_tables(const Fixture& fixture, Comparison& comparison) {
  compare_masks(fixture, comparison);
  compare_position_tables(fixture, comparison);
  for (const std::string& name : fixture.names("rel_index_")) {
    const core::Size grid{std::stoll(name), std::stoll(name.substr(name.find('x') + 1))};
    comparison.exact("rel_index_" + name, nn::relative_position_index(grid));
  }
  constexpr std::int64_t kPatch = 4;
  comparison.exact("pixel.tokens", objectives::pixel_target(fixture.at("pixel.image"), kPatch,
                                                            objectives::Normalisation::none));
}

}  // namespace dbot::golden
