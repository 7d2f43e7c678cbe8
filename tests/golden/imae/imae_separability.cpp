#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include <string>
#include <vector>

#include "dbot/data/loader/partner_part.h"
#include "dbot/eval/analysis/ridge.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {
namespace {

constexpr double kRidgeLimit = 1e-9;  // both are solved in double precision

at::Tensor number_tensor(double value) {
  return at::tensor({value}, at::kDouble);
}

/// Labels alone, in as many classes as they name.
class LabelsAlone final : public data::Dataset {
 public:
  explicit LabelsAlone(const at::Tensor& labels) : labels_(labels) {
    const auto classes = labels.max().item<std::int64_t>() + 1;
    for (std::int64_t i = 0; i < classes; ++i) classes_.push_back(std::to_string(i));
  }
  std::int64_t size() const override { return labels_.size(0); }
  void read(std::int64_t index, data::Sample& sample) const override { sample.begin(name(index)); }
  std::int64_t label(std::int64_t index) const override {
    return labels_[index].item<std::int64_t>();
  }
  std::string name(std::int64_t index) const override { return std::to_string(index); }
  const std::vector<std::string>& classes() const override { return classes_; }

 private:
  at::Tensor labels_;
  std::vector<std::string> classes_;
};

void compare_ridge(const Fixture& fixture, const std::string& ridge, Comparison& comparison) {
  const at::Tensor& z = fixture.at("Z");
  const at::Tensor& t = fixture.at("T");
  const auto train = fixture.at("n_train").item<std::int64_t>();
  eval::RidgeSums sums;
  // In two parts, as batches come.
  const std::int64_t half = train / 2;
  sums.add(z.narrow(0, 0, half), t.narrow(0, 0, half));
  sums.add(z.narrow(0, half, train - half), t.narrow(0, half, train - half));
  const eval::AffineMap map = sums.fit(std::stod(ridge));
  comparison.scaled("W_" + ridge, map.weight, kRidgeLimit);
  eval::LeftOver left(map, /*blocks=*/1);
  left.add(z.slice(0, train), t.slice(0, train));
  comparison.scaled("loss_nmse_" + ridge, number_tensor(left.nmse(0)), kRidgeLimit);
  comparison.scaled("loss_r2_" + ridge, number_tensor(1 - left.nmse(0)), kRidgeLimit);
}

void compare_pairs(const Fixture& fixture, Comparison& comparison) {
  const at::Tensor &same = fixture.at("pair.u_same"), &pick = fixture.at("pair.u_pick");
  const data::PartnerChoice choice{LabelsAlone(fixture.at("pair.labels"))};
  const double rate = fixture.config.at("intra_rate").get<double>();
  std::vector<std::int64_t> partners;
  for (std::int64_t i = 0; i < same.size(0); ++i) {
    partners.push_back(choice.partner(i, rate, same[i].item<double>(), pick[i].item<double>()));
  }
  comparison.exact("pair.partner", at::tensor(partners, at::kLong));
}

}  // namespace

void check_imae_separability(const Fixture& fixture, Comparison& comparison) {
  for (const char* ridge : {"0.001", "1"}) compare_ridge(fixture, ridge, comparison);
  compare_pairs(fixture, comparison);
}

}  // namespace dbot::golden
