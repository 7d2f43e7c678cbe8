#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/Scalar.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "dbot/ops/cuda/bodies/patches.h"
#include "dbot/ops/cuda/bodies/step.h"
#include "dbot/ops/cuda/bodies/token_loss.h"
#include "dbot/ops/cuda/bodies/tokens.h"
#include "tests/ops/cuda/gpu_table.h"
#include "tests/ops/cuda/gpu_tensors.h"
#include "tests/ops/cuda/host_grid.h"
#include "tests/ops/step_inputs.h"

namespace dbot::ops::cuda {
namespace {

/// name: a row of the table, of images or clips. rows: which tokens, undefined: all.
TableOperation patches_row(const std::string& name, bool channel_last,
                           std::function<at::Tensor(const TableShape&)> rows) {
  return like(name, [=, rows = std::move(rows)](const Call& c) {
    const at::Tensor& pixels = c.inputs[0];
    const bool clip = pixels.dim() == 5, bytes = pixels.scalar_type() == at::kByte;
    const std::int64_t frames = clip ? kFrames : 1;
    const at::Tensor wanted = rows(c.shape);
    const std::int64_t all = (clip ? kSteps : 1) * c.shape.tokens * kColumns;
    const std::int64_t count = wanted.defined() ? wanted.size(1) : all;
    const at::Tensor patches = at::empty({c.shape.batch, count, 3 * frames * kPatch * kPatch});
    run_on_host(Patches{.batch = c.shape.batch,
                        .wanted = count,
                        .channels = 3,
                        .frames = clip ? pixels.size(2) : 1,
                        .height = pixels.size(-2),
                        .width = pixels.size(-1),
                        .tubelet_frames = frames,
                        .size = kPatch,
                        .channel_last = channel_last,
                        .bytes = bytes,
                        .pixels = memory_of(pixels),
                        .scale = bytes ? floats_of(c.inputs[1]) : nullptr,
                        .shift = bytes ? floats_of(c.inputs[2]) : nullptr,
                        .rows = indices_of(wanted),
                        .patches = memory_of(patches),
                        .element = ElementType::float32});
    return Outcome{patches, {}};
  });
}

at::Tensor no_rows(const TableShape&) {
  return {};
}

/// A row of the plan for each sample.
TokenPlan whole_plan(const TableShape& s, bool with_positions) {
  TokenPlan plan = plan_of(s, with_positions);
  plan.sources = plan.sources.repeat({s.batch, 1});
  return plan;
}

at::Tensor tokens_forward(const Call& c, const TokenPlan& plan) {
  const std::int64_t tokens = plan.sources.size(1);
  at::Tensor out = at::empty({c.shape.batch, tokens, c.shape.width});
  run_on_host(Tokens{.batch = c.shape.batch,
                     .tokens = tokens,
                     .count = c.shape.tokens,
                     .width = c.shape.width,
                     .sources = indices_of(plan.sources),
                     .positions = indices_of(plan.positions),
                     .own = memory_of(c.inputs[0]),
                     .element = element_of(c.inputs[0]),
                     .shared = floats_of(c.inputs[1]),
                     .table = floats_of(c.inputs[2]),
                     .out = floats_of(out)});
  return out;
}

Tensors tokens_backward(const Call& c, const TokenPlan& plan, bool trained_table) {
  const at::Tensor own = at::empty_like(c.inputs[0]), shared = at::zeros_like(c.inputs[1]);
  const at::Tensor table = trained_table ? at::zeros_like(c.inputs[2]) : at::Tensor();
  TokensBackward a{.batch = c.shape.batch,
                   .tokens = plan.sources.size(1),
                   .count = c.shape.tokens,
                   .width = c.shape.width,
                   .places = c.inputs[2].size(1),
                   .sources = indices_of(plan.sources),
                   .positions = indices_of(plan.positions),
                   .outer = floats_of(c.outer),
                   .own_gradient = memory_of(own),
                   .element = element_of(own)};
  a.shared_gradient = floats_of(shared);
  a.table_gradient = floats_of(table);
  const at::Tensor space = at::empty({token_workspace(a)});
  a.workspace = floats_of(space);
  run_on_host(a);
  return {own, shared, table};
}

TableOperation tokens_row(const std::string& name, bool with_positions, bool trained_table) {
  return like(name, [=](const Call& c) {
    const TokenPlan plan = whole_plan(c.shape, with_positions);
    return Outcome{tokens_forward(c, plan), tokens_backward(c, plan, trained_table)};
  });
}

TableOperation loss_row(const std::string& name, LossKind kind, bool standardise) {
  TableOperation row = like(name, [=](const Call& c) {
    const at::Tensor loss = at::empty({}), gradient = at::empty_like(c.inputs[0]);
    const at::Tensor of_rows = at::empty({c.shape.rows()});
    run_on_host(TokenLoss{.rows = c.shape.rows(),
                          .width = c.shape.width,
                          .prediction = memory_of(c.inputs[0]),
                          .target = memory_of(c.inputs[1]),
                          .prediction_element = element_of(c.inputs[0]),
                          .target_element = element_of(c.inputs[1]),
                          .kind = kind,
                          .beta = kSmoothness,
                          .cosine_eps = 1e-6,
                          .standardise = standardise,
                          .gradient = memory_of(gradient),
                          .row_losses = floats_of(of_rows),
                          .loss = floats_of(loss)});
    run_on_host(
        Scaled{gradient.numel(), memory_of(gradient), element_of(gradient), floats_of(c.outer)});
    return Outcome{loss, {gradient}};
  });
  row.bfloat16 = true;
  row.in_compute_type = false;
  row.computed = {true, true};
  return row;
}

/// A step with these values: its norm and its update.
TableOperation adam_row(const std::string& name, bool decay_in_gradient) {
  return like(name, [=](const Call& c) {
    const AdamWOptions options = adam_options(decay_in_gradient);
    Tensors all;
    for (const at::Tensor& input : c.inputs) all.push_back(input.clone());
    const std::int64_t count = all[0].numel();
    const at::Tensor sums = at::empty({norm_chunks(count)}, at::kDouble);
    run_on_host(Squares{count, floats_of(all[1]), sums.mutable_data_ptr<double>()});
    const auto rate = static_cast<float>(options.learning_rate);
    const auto divisor = static_cast<float>(1 / options.gradient_scale);
    const auto steps = static_cast<float>(options.step);
    const float skipped = 0;
    StepFactors factors{};
    run_on_host(PrepareUpdate{.rate = &rate,
                              .divisor = &divisor,
                              .skipped = &skipped,
                              .count = &steps,
                              .beta1 = options.beta1,
                              .beta2 = options.beta2,
                              .factors = &factors});
    const at::Tensor low = at::empty({count}, at::kBFloat16);
    run_on_host(AdamWUpdate{.count = count,
                            .values = floats_of(all[0]),
                            .gradients = floats_of(all[1]),
                            .exp_avg = floats_of(all[2]),
                            .exp_avg_sq = floats_of(all[3]),
                            .low = memory_of(low),
                            .beta1 = options.beta1,
                            .beta2 = options.beta2,
                            .eps = options.eps,
                            .weight_decay = options.weight_decay,
                            .decay_in_gradient = decay_in_gradient,
                            .factors = &factors});
    EXPECT_TRUE(low.equal(all[0].to(at::kBFloat16)));
    const at::Tensor norm = sums.sum().sqrt().to(at::kFloat).view(1);
    return Outcome{at::cat({all[0], all[2], all[3], all[1], norm}), {}};
  });
}

}  // namespace

TableOperation like(const std::string& name, std::function<Outcome(const Call&)> ours) {
  for (const auto& part : {row_operations(), step_operations(), update_operations()}) {
    const auto found = std::ranges::find(part, name, &TableOperation::name);
    if (found == part.end()) continue;
    TableOperation operation = *found;
    operation.ours = std::move(ours);
    return operation;
  }
  throw std::logic_error("the table has no operation " + name);
}

void expect_sums_of_rows(const at::Tensor& sums, const at::Tensor& x) {
  const at::Tensor expected = x.to(at::kDouble).reshape({-1, x.size(-1)}).sum(0);
  const double error = (sums.to(at::kDouble) - expected).norm().item<double>();
  EXPECT_LT(error, 2e-6 * x.to(at::kDouble).norm().item<double>() + 1e-12);
}

std::vector<TableOperation> gpu_step_operations() {
  return {patches_row("patches_of_bytes", false, wanted_patches),
          patches_row("all_patches_of_bytes", false, no_rows),
          patches_row("pixel_patches", true, wanted_patches),
          patches_row("patches_of_floats", false, wanted_patches),
          patches_row("tubelets_of_bytes", false, wanted_tubelets),
          patches_row("all_tubelets_of_bytes", false, no_rows),
          patches_row("pixel_tubelets", true, wanted_tubelets),
          patches_row("tubelets_of_floats", true, wanted_tubelets),
          tokens_row("assemble_tokens", false, false),
          tokens_row("assemble_tokens_at_positions", true, false),
          tokens_row("assemble_tokens_and_train_their_table", false, true),
          tokens_row("assemble_tokens_at_trained_positions", true, true),
          loss_row("mse", LossKind::mse, false),
          loss_row("mse_standardised", LossKind::mse, true),
          loss_row("smooth_l1_standardised", LossKind::smooth_l1, true),
          loss_row("l1", LossKind::l1, false),
          loss_row("cosine", LossKind::cosine, false),
          loss_row("cosine_standardised", LossKind::cosine, true),
          adam_row("adamw_update", false),
          adam_row("adam_update", true)};
}

}  // namespace dbot::ops::cuda
