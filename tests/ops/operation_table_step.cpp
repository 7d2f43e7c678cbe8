#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/where.h>

#include "dbot/ops/assemble_tokens.h"
#include "dbot/ops/clip_patches.h"
#include "dbot/ops/image_patches.h"
#include "dbot/ops/token_loss.h"
#include "tests/ops/operation_table.h"
#include "tests/ops/step_inputs.h"

// What a training step does around the blocks: patches, tokens, the loss.
namespace dbot::ops {

at::Tensor wanted_patches(const TableShape& s) {
  return at::arange(0, s.tokens * kColumns, 2, at::kLong)
      .flip({0})
      .unsqueeze(0)
      .repeat({s.batch, 1});
}

at::Tensor wanted_tubelets(const TableShape& s) {
  return at::arange(0, kSteps * s.tokens * kColumns, 3, at::kLong)
      .flip({0})
      .unsqueeze(0)
      .repeat({s.batch, 1});
}

TokenPlan plan_of(const TableShape& s, bool with_positions) {
  const at::Tensor shared = at::full({1}, -1, at::kLong);
  const at::Tensor own = at::arange(s.tokens, at::kLong).flip({0});
  TokenPlan plan{at::cat({shared, own, shared}).unsqueeze(0), {}};
  if (with_positions) {
    plan.positions = (at::arange(s.tokens + 2, at::kLong) * 7 % (s.tokens + 4)).unsqueeze(0);
    plan.positions = plan.positions.repeat({s.batch, 1});
  }
  return plan;
}

namespace {

TableOperation patches_row(std::string name, PatchOrder order, at::ScalarType pixels, bool part) {
  return {
      .name = std::move(name),
      .inputs =
          [=](const TableShape& s) {
            const at::Tensor bytes =
                (table_numbers({s.batch, 3, s.tokens * kPatch, kColumns * kPatch}, 1) * 60 + 120)
                    .clamp(0, 255)
                    .to(at::kByte);
            return Tensors{pixels == at::kByte ? bytes : bytes.to(at::kDouble) / 50,
                           table_numbers({3}, 2), table_numbers({3}, 3)};
          },
      .computed = {false, false, false},
      .bfloat16 = false,
      .formula =
          [=](const TableShape& s, const Tensors& in) {
            const auto channels = [](const at::Tensor& t) { return t.view({1, 3, 1, 1}); };
            const at::Tensor seen = pixels == at::kByte
                                        ? in[0].to(at::kDouble) * channels(in[1]) + channels(in[2])
                                        : in[0];
            // [batch, channel, grid row, grid column, row, column]
            const at::Tensor cut = seen.unfold(2, kPatch, kPatch).unfold(3, kPatch, kPatch);
            const bool first = order == PatchOrder::channel_first;
            const at::Tensor all =
                cut.permute(first ? at::IntArrayRef{0, 2, 3, 1, 4, 5}
                                  : at::IntArrayRef{0, 2, 3, 4, 5, 1})
                    .reshape({s.batch, s.tokens * kColumns, 3 * kPatch * kPatch});
            return part ? all.index_select(1, wanted_patches(s)[0]) : all;
          },
      .ours =
          [=](const Call& c) {
            const Images images = pixels == at::kByte
                                      ? Images(c.inputs[0], c.inputs[1], c.inputs[2])
                                      : Images(c.inputs[0]);
            return Outcome{
                image_patches(images, kPatch, order,
                              part ? wanted_patches(c.shape).to(c.device()) : at::Tensor()),
                {}};
          },
      .on_any_device = true};
}

TableOperation tubelets_row(std::string name, PatchOrder order, at::ScalarType pixels, bool part) {
  return {.name = std::move(name),
          .inputs =
              [=](const TableShape& s) {
                const at::Tensor bytes =
                    (table_numbers(
                         {s.batch, 3, kSteps * kFrames, s.tokens * kPatch, kColumns * kPatch}, 1) *
                         60 +
                     120)
                        .clamp(0, 255)
                        .to(at::kByte);
                return Tensors{pixels == at::kByte ? bytes : bytes.to(at::kDouble) / 50,
                               table_numbers({3}, 2), table_numbers({3}, 3)};
              },
          .computed = {false, false, false},
          .bfloat16 = false,
          .formula =
              [=](const TableShape& s, const Tensors& in) {
                const auto channels = [](const at::Tensor& t) { return t.view({1, 3, 1, 1, 1}); };
                const at::Tensor seen =
                    pixels == at::kByte ? in[0].to(at::kDouble) * channels(in[1]) + channels(in[2])
                                        : in[0];
                // [batch, channel, step, grid row, grid column, frame, row, column]
                const at::Tensor cut = seen.unfold(2, kFrames, kFrames)
                                           .unfold(3, kPatch, kPatch)
                                           .unfold(4, kPatch, kPatch);
                const bool first = order == PatchOrder::channel_first;
                const at::Tensor all = cut.permute(first ? at::IntArrayRef{0, 2, 3, 4, 1, 5, 6, 7}
                                                         : at::IntArrayRef{0, 2, 3, 4, 5, 6, 7, 1})
                                           .reshape({s.batch, kSteps * s.tokens * kColumns,
                                                     3 * kFrames * kPatch * kPatch});
                return part ? all.index_select(1, wanted_tubelets(s)[0]) : all;
              },
          .ours =
              [=](const Call& c) {
                const Clips clips = pixels == at::kByte
                                        ? Clips(c.inputs[0], c.inputs[1], c.inputs[2])
                                        : Clips(c.inputs[0]);
                return Outcome{
                    clip_patches(clips, {kFrames, kPatch}, order,
                                 part ? wanted_tubelets(c.shape).to(c.device()) : at::Tensor()),
                    {}};
              },
          .on_any_device = true};
}

TableOperation assemble_row(std::string name, bool with_positions, bool trained_table) {
  return {.name = std::move(name),
          .inputs =
              [=](const TableShape& s) {
                const std::int64_t places = s.tokens + (with_positions ? 4 : 2);
                return Tensors{table_numbers({s.batch, s.tokens, s.width}, 1),
                               table_numbers({1, 1, s.width}, 2),
                               table_numbers({1, places, s.width}, 3)};
              },
          .computed = {true, false, false},
          .in_compute_type = false,
          .formula =
              [=](const TableShape& s, const Tensors& in) {
                const at::Tensor shared = in[1].expand({s.batch, 1, s.width});
                const at::Tensor tokens = at::cat({shared, in[0].flip({1}), shared}, 1);
                const TokenPlan plan = plan_of(s, with_positions);
                return tokens + (with_positions ? in[2].index_select(1, plan.positions[0]) : in[2]);
              },
          .ours =
              [=](const Call& c) {
                const Tensors leaves =
                    trained_table ? leaves_of(c.inputs) : leaves_of({c.inputs[0], c.inputs[1]});
                TokenPlan plan = plan_of(c.shape, with_positions);
                plan.sources = plan.sources.to(c.device());
                if (with_positions) plan.positions = plan.positions.to(c.device());
                return differentiated(
                    assemble_tokens(leaves[0], leaves[1], trained_table ? leaves[2] : c.inputs[2],
                                    plan),
                    c.outer, leaves);
              },
          .on_any_device = true};
}

at::Tensor standardised_formula(const at::Tensor& t) {
  return (t - t.mean(-1, true)) / (t.var(-1, /*unbiased=*/true, /*keepdim=*/true) + 1e-6).sqrt();
}

at::Tensor loss_formula(const at::Tensor& p, const at::Tensor& t, const LossConfig& config) {
  const at::Tensor d = (p - t).abs();
  switch (config.kind) {
    case LossKind::mse:
    case LossKind::l2:
      return d.square().mean();
    case LossKind::l1:
      return d.mean();
    case LossKind::smooth_l1:
      return at::where(d < config.beta, d.square() / (2 * config.beta), d - config.beta / 2).mean();
    case LossKind::cosine: {
      const at::Tensor lengths = p.square().sum(-1).sqrt() * t.square().sum(-1).sqrt();
      return 1 - ((p * t).sum(-1) / lengths).mean();
    }
  }
  return {};
}

TableOperation loss_row(std::string name, LossKind kind, TargetScale scale) {
  const LossConfig config{.kind = kind, .beta = kSmoothness};
  return {.name = std::move(name),
          .inputs =
              [](const TableShape& s) {
                return Tensors{table_numbers({s.batch, s.tokens, s.width}, 1),
                               table_numbers({s.batch, s.tokens, s.width}, 2) + 5};
              },
          .computed = {false, false},
          .bfloat16 = false,
          .formula =
              [=](const TableShape&, const Tensors& in) {
                const bool standard = scale == TargetScale::standardised;
                return loss_formula(in[0], standard ? standardised_formula(in[1]) : in[1], config);
              },
          .ours =
              [=](const Call& c) {
                const Tensors leaves = leaves_of({c.inputs[0]});
                return differentiated(mean_token_loss(leaves[0], c.inputs[1], config, scale),
                                      c.outer, leaves);
              },
          .on_any_device = true};
}

}  // namespace

std::vector<TableOperation> step_operations() {
  return {
      patches_row("patches_of_bytes", PatchOrder::channel_first, at::kByte, true),
      patches_row("all_patches_of_bytes", PatchOrder::channel_first, at::kByte, false),
      patches_row("pixel_patches", PatchOrder::channel_last, at::kByte, true),
      patches_row("patches_of_floats", PatchOrder::channel_first, at::kFloat, true),
      tubelets_row("tubelets_of_bytes", PatchOrder::channel_first, at::kByte, true),
      tubelets_row("all_tubelets_of_bytes", PatchOrder::channel_first, at::kByte, false),
      tubelets_row("pixel_tubelets", PatchOrder::channel_last, at::kByte, true),
      tubelets_row("tubelets_of_floats", PatchOrder::channel_last, at::kFloat, true),
      assemble_row("assemble_tokens", false, false),
      assemble_row("assemble_tokens_at_positions", true, false),
      assemble_row("assemble_tokens_and_train_their_table", false, true),
      assemble_row("assemble_tokens_at_trained_positions", true, true),
      loss_row("mse", LossKind::mse, TargetScale::as_it_is),
      loss_row("mse_standardised", LossKind::mse, TargetScale::standardised),
      loss_row("smooth_l1_standardised", LossKind::smooth_l1, TargetScale::standardised),
      loss_row("l1", LossKind::l1, TargetScale::as_it_is),
      loss_row("cosine", LossKind::cosine, TargetScale::as_it_is),
      loss_row("cosine_standardised", LossKind::cosine, TargetScale::standardised),
  };
}

}  // namespace dbot::ops
