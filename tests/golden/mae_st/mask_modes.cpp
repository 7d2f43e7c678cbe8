#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include <string>

#include "dbot/core/error.h"
#include "dbot/masking/space_time_mask.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {
namespace {

using masking::SpaceTimeMaskConfig;
using Kind = masking::SpaceTimeMaskKind;

/// Draws as they were recorded: of kind 0 in 0…1, of kind 1 as they came.
class RecordedCubeDraws {
 public:
  RecordedCubeDraws(const at::Tensor& kinds, const at::Tensor& values)
      : kinds_(kinds.contiguous()), values_(values.to(at::kDouble).contiguous()) {}

  masking::CubeDraws draws() {
    return {[this](double low, double high) { return low + (high - low) * next(0); },
            [this](std::int64_t, std::int64_t) { return static_cast<std::int64_t>(next(1)); }};
  }
  bool used_up() const { return next_ == kinds_.numel(); }

 private:
  double next(std::int64_t kind) {
    if (used_up()) throw Error("[golden] more draws are asked for than were recorded");
    if (kinds_.const_data_ptr<std::int64_t>()[next_] != kind) {
      throw Error(fmt::format("[golden] draw {} is of another kind", next_));
    }
    return values_.const_data_ptr<double>()[next_++];
  }

  at::Tensor kinds_, values_;
  std::int64_t next_ = 0;
};

void check_cubes(const Fixture& fixture, const masking::SpaceTimeGrid& grid,
                 Comparison& comparison) {
  const masking::CubeConfig cubes{.masked = fixture.config.at("cube_num_masked"),
                                  .smallest = fixture.config.at("cube_min"),
                                  .largest = fixture.config.at("cube_max"),
                                  .exact = false};
  for (const auto& [number, kinds] : fixture.with_prefix("cube.draw_kind_")) {
    RecordedCubeDraws recorded(kinds, fixture.at("cube.draw_value_" + number));
    const at::Tensor mask = masking::cube_mask(grid, cubes, recorded.draws());
    comparison.exact("cube.mask_" + number, mask.to(at::kLong));
    comparison.exact("cube.count_" + number, mask.sum().to(at::kLong).view({1}));
    comparison.truth("all draws of cube " + number + " are used", recorded.used_up());
  }
}

/// The ratio that the end of a name says in hundredths: "…_r75".
double ratio_of(const std::string& name) {
  return std::stod(name.substr(name.rfind("_r") + 2)) / 100;
}

void check_noise_masks(const Fixture& fixture, const masking::SpaceTimeGrid& grid,
                       Comparison& comparison) {
  const auto compare = [&](const std::string& prefix, const std::string& noise,
                           SpaceTimeMaskConfig config) {
    for (const auto& ending : fixture.names(prefix)) {
      config.ratio = ratio_of(prefix + ending);
      const at::Tensor values = fixture.at(noise).reshape({-1, noise_values(config, grid)});
      const auto mask = masking::space_time_mask(values, config, grid);
      comparison.exact(prefix + ending, mask.mask);
      comparison.number("visible tokens of " + prefix + ending,
                        static_cast<double>(masking::visible_tokens(config, grid)),
                        static_cast<double>(mask.ids_keep.size(1)), 0);
    }
  };
  compare("tube.clean_mask", "tube.noise", {.kind = Kind::tube});
  compare("tube.stable_mask", "tube.noise", {.kind = Kind::tube, .ragged_tubes = true});
  compare("per_frame.mask", "per_frame.noise", {.kind = Kind::per_frame});
}

/// The steps that were removed are those of most noise.
void check_frames(const Fixture& fixture, const masking::SpaceTimeGrid& grid,
                  Comparison& comparison) {
  for (const auto& [number, chosen] : fixture.with_prefix("frame.chosen_")) {
    at::Tensor noise = at::zeros({1, grid.time});
    noise.index_fill_(1, chosen.to(at::kLong), 1);
    const SpaceTimeMaskConfig config{
        .kind = Kind::frame,
        .ratio = static_cast<double>(chosen.numel()) / static_cast<double>(grid.time)};
    const auto mask = masking::space_time_mask(noise, config, grid);
    comparison.exact("frame.mask_" + number, mask.mask.view({grid.time, grid.height, grid.width}));
  }
}

}  // namespace

void check_mae_st_masks(const Fixture& fixture, Comparison& comparison) {
  const auto sides = fixture.config.at("grid").get<std::vector<std::int64_t>>();
  const masking::SpaceTimeGrid grid{sides.at(0), sides.at(1), sides.at(2)};
  check_cubes(fixture, grid, comparison);
  check_noise_masks(fixture, grid, comparison);
  check_frames(fixture, grid, comparison);
}

}  // namespace dbot::golden
