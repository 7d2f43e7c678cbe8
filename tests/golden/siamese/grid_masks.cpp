#include "dbot/masking/grid_mask.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/data/augment/mixing.h"
#include "dbot/optim/schedule.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {
namespace {

/// Recorded draws, one after the other.
class Recorded {
 public:
  explicit Recorded(const at::Tensor& values)
      : next_(values.const_data_ptr<double>()), end_(next_ + values.numel()) {}

  double take() {
    if (next_ == end_) throw Error("[golden] more draws are asked for than the generator made");
    return *next_++;
  }
  bool used_up() const { return next_ == end_; }

 private:
  const double *next_, *end_;
};

void compare_pixels(const std::string& name, const at::Tensor& cells, std::int64_t size,
                    Comparison& comparison) {
  const at::Tensor pixels = masking::cells_to_pixels(cells, {size, size});
  comparison.exact(name + ".upsampled", pixels);
  comparison.numbers(name + ".lam", pixels.to(at::kDouble).mean(), 1e-12);
}

void compare_blocks(const Fixture& fixture, const nlohmann::json& drawn, Comparison& comparison) {
  const std::string name = fmt::format("block{}", drawn.at("case").get<int>());
  Recorded values(fixture.at(name + ".draw_value"));
  const at::Tensor& kinds = fixture.at(name + ".draw_kind");
  std::int64_t place = 0;
  const auto expect_kind = [&](std::int64_t kind) {
    comparison.truth("kind of the next draw",
                     kinds[std::min(place++, kinds.numel() - 1)].item<std::int64_t>() == kind);
  };
  const masking::BlockDraws draws{[&](double low, double high) {
                                    expect_kind(0);
                                    return low + (high - low) * values.take();
                                  },
                                  [&](std::int64_t) {
                                    expect_kind(1);
                                    return static_cast<std::int64_t>(values.take());
                                  }};
  const at::Tensor cells = masking::block_cells({.kind = masking::GridMaskKind::block,
                                                 .cells = drawn.at("grid").get<std::int64_t>(),
                                                 .kept = drawn.at("mask_lam").get<double>()},
                                                draws);
  comparison.exact(name + ".cells", cells);
  comparison.truth("all draws of " + name + " are used", values.used_up());
  compare_pixels(name, cells, drawn.at("size").get<std::int64_t>(), comparison);
}

void compare_single_cells(const Fixture& fixture, const nlohmann::json& drawn,
                          Comparison& comparison) {
  const std::string name = fmt::format("discrete{}", drawn.at("case").get<int>());
  Recorded values(fixture.at(name + ".draw_value"));
  // Theirs keeps what is above the number, ours keeps a share.
  const at::Tensor cells = masking::discrete_cells({.kind = masking::GridMaskKind::discrete,
                                                    .cells = drawn.at("grid").get<std::int64_t>(),
                                                    .kept = 1 - drawn.at("mask_lam").get<double>()},
                                                   [&] { return values.take(); });
  comparison.truth("all draws of " + name + " are used", values.used_up());
  compare_pixels(name, cells, drawn.at("size").get<std::int64_t>(), comparison);
}

/// Rows: λ, both sides, the centre, then the box' begins and ends along both sides and λ of it.
void compare_grid_boxes(const Fixture& fixture, Comparison& comparison) {
  const char* name = "bbox.lam_dim2_dim3_c1_c2_lo1_lo2_hi1_hi2_lamout";
  const at::Tensor& rows = fixture.at(name);
  std::vector<at::Tensor> ours;
  for (std::int64_t i = 0; i < rows.size(0); ++i) {
    const at::Tensor row = rows[i].contiguous();
    const double* given = row.const_data_ptr<double>();
    const auto whole = [&](int column) { return static_cast<std::int64_t>(given[column]); };
    const core::Size size{whole(1), whole(2)};
    const data::Crop box = data::cutmix_box(given[0], size, whole(3), whole(4));
    const auto number = [](int value) { return static_cast<double>(value); };
    ours.push_back(at::tensor(
        {given[0], given[1], given[2], given[3], given[4], number(box.top), number(box.left),
         number(box.top + box.height), number(box.left + box.width), data::cutmix(box, size).kept},
        at::kDouble));
  }
  comparison.elements(name, at::stack(ours), {.absolute = 1e-12});
}

void compare_rates(const Fixture& fixture, Comparison& comparison) {
  constexpr double kEpochs = 200, kPeak = 0.03;  // section 5: ImageNet, ResNet-50
  const at::Tensor& epochs = fixture.at("sched.epoch");
  std::vector<double> rates;
  for (std::int64_t i = 0; i < epochs.numel(); ++i) {
    const auto epoch = static_cast<double>(epochs[i].item<std::int64_t>());
    rates.push_back(optim::learning_rate(epoch, 0, kEpochs, /*warmup=*/0, kPeak, /*minimum=*/0));
  }
  comparison.elements("sched.lr", at::tensor(rates, at::kDouble), element_limits::table);
}

}  // namespace

void check_mixmask_masks(const Fixture& fixture, Comparison& comparison) {
  for (const nlohmann::json& drawn : fixture.json_entry("cases")) {
    compare_blocks(fixture, drawn, comparison);
    compare_single_cells(fixture, drawn, comparison);
  }
  compare_grid_boxes(fixture, comparison);
  compare_rates(fixture, comparison);
}

}  // namespace dbot::golden
