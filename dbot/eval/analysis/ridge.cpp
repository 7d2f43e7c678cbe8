#include "dbot/eval/analysis/ridge.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cholesky_solve.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_cholesky_ex.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/outer.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include <limits>
#include <utility>

#include "dbot/core/error.h"

namespace dbot::eval {
namespace {

constexpr double kUsualRidge = 1e-3;  // as a share of the mean of the diagonal

at::Tensor in_double(const at::Tensor& rows) {
  return rows.detach().cpu().to(at::kDouble);
}

[[noreturn]] void refuse_ridge(const std::string& reason) {
  throw UsageError(
      ErrorFields{.operation = "ridge", .subject = "the regression", .reason = reason});
}

void add_to(at::Tensor& sum, const at::Tensor& more) {
  sum = sum.defined() ? sum + more : more;
}

}  // namespace

at::Tensor AffineMap::operator()(const at::Tensor& inputs) const {
  return at::matmul(in_double(inputs) - input_mean, weight) + target_mean;
}

void RidgeSums::add(const at::Tensor& inputs, const at::Tensor& targets) {
  const at::Tensor z = in_double(inputs), t = in_double(targets);
  rows_ += z.size(0);
  add_to(input_sum_, z.sum(0));
  add_to(target_sum_, t.sum(0));
  add_to(gram_, at::matmul(z.t(), z));
  add_to(cross_, at::matmul(z.t(), t));
}

AffineMap RidgeSums::fit(std::optional<double> ridge) const {
  if (rows_ == 0) refuse_ridge("has no rows to fit");
  if (ridge && !(*ridge >= 0)) {
    refuse_ridge(fmt::format("has a ridge of {}, expected 0 or more", *ridge));
  }
  AffineMap map{.weight = {}, .input_mean = input_sum_ / rows_, .target_mean = target_sum_ / rows_};
  const at::Tensor centred = gram_ - at::outer(input_sum_, map.input_mean);
  const at::Tensor cross = cross_ - at::outer(input_sum_, map.target_mean);
  const std::int64_t inputs = centred.size(0);
  map.ridge =
      ridge.value_or(kUsualRidge * centred.trace().item<double>() / static_cast<double>(inputs));
  const auto [factor, trouble] =
      at::linalg_cholesky_ex(centred + map.ridge * at::eye(inputs, centred.options()));
  if (trouble.item<std::int64_t>() != 0) {
    refuse_ridge("has no single solution, expected features that vary, or a larger ridge");
  }
  map.weight = at::cholesky_solve(cross, factor);
  return map;
}

LeftOver::LeftOver(AffineMap map, std::int64_t blocks)
    : map_(std::move(map)),
      blocks_(blocks),
      error_(at::zeros({blocks}, at::kDouble)),
      spread_(at::zeros({blocks}, at::kDouble)) {}

void LeftOver::add(const at::Tensor& inputs, const at::Tensor& targets) {
  const at::Tensor t = in_double(targets);
  const auto of_blocks = [&](const at::Tensor& difference) {
    return difference.square().sum(0).view({blocks_, -1}).sum(1);
  };
  error_ += of_blocks(map_(inputs) - t);
  spread_ += of_blocks(t - map_.target_mean);
}

double LeftOver::nmse(std::int64_t block) const {
  const double spread = spread_[block].item<double>();
  if (spread == 0) return std::numeric_limits<double>::quiet_NaN();
  return error_[block].item<double>() / spread;
}

}  // namespace dbot::eval
