#include <ATen/TensorOperators.h>
#include <ATen/ops/erf.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "dbot/ops/cpu/attention.h"
#include "dbot/ops/cpu/matrix_product.h"
#include "dbot/ops/select_tokens.h"
#include "dbot/ops/transformer_block.h"
#include "tests/ops/operation_table.h"

// Matrix products and what is made of them.
namespace dbot::ops {
namespace {

TableOperation linear_row() {
  return {.name = "linear",
          .inputs =
              [](const TableShape& s) {
                const double size = 1 / std::sqrt(static_cast<double>(s.width));
                return Tensors{table_numbers({s.batch, s.tokens, s.width}, 1),
                               table_numbers({s.width + 3, s.width}, 2, size),
                               table_numbers({s.width + 3}, 3)};
              },
          .computed = {true, true, true},
          .formula = [](const TableShape&,
                        const Tensors& in) { return at::matmul(in[0], in[1].t()) + in[2]; },
          .ours =
              [](const Call& c) {
                const at::Tensor weight = at::zeros(c.inputs[1].sizes());
                add_linear_weight_gradient(weight, c.outer, c.inputs[0]);
                return Outcome{linear(c.inputs[0], c.inputs[1], c.inputs[2]),
                               {linear_input_gradient(c.outer, c.inputs[1]), weight}};
              }};
}

/// Which keys of each sample are not seen, 1: all but some of the first.
at::Tensor some_padding(const TableShape& s) {
  at::Tensor padding = at::zeros({s.batch, s.tokens}, at::kDouble);
  for (std::int64_t sample = 0; sample < s.batch; ++sample) {
    padding.select(0, sample).slice(0, 1 + (2 * sample) % s.tokens).fill_(1);
  }
  return padding;
}

/// padding: [batch, tokens], undefined: none.
at::Tensor attention_formula(const TableShape& s, const at::Tensor& projected,
                             const at::Tensor& padding = {}) {
  const std::int64_t head = s.width / s.heads;
  const at::Tensor qkv =
      projected.view({s.batch, s.tokens, 3, s.heads, head}).permute({2, 0, 3, 1, 4});
  at::Tensor logits = at::matmul(qkv.select(0, 0), qkv.select(0, 1).transpose(-1, -2)) /
                      std::sqrt(static_cast<double>(head));
  if (padding.defined()) {
    logits = logits.masked_fill(padding.gt(0.5).view({s.batch, 1, 1, s.tokens}), -1e7);
  }
  return at::matmul(at::softmax(logits, -1), qkv.select(0, 2))
      .transpose(1, 2)
      .reshape({s.batch, s.tokens, s.width});
}

at::Tensor layer_norm_formula(const at::Tensor& x, const at::Tensor& weight,
                              const at::Tensor& bias) {
  const at::Tensor centred = x - x.mean(-1, true);
  return centred / (centred.square().mean(-1, true) + 1e-6).sqrt() * weight + bias;
}

TableOperation attention_row() {
  return {
      .name = "attention",
      .inputs =
          [](const TableShape& s) {
            return Tensors{table_numbers({s.batch, s.tokens, 3 * s.width}, 1)};
          },
      .computed = {true},
      .formula = [](const TableShape& s, const Tensors& in) { return attention_formula(s, in[0]); },
      .ours =
          [](const Call& c) {
            const Attention attended = attention(c.inputs[0], c.shape.heads);
            return Outcome{attended.context,
                           {attention_backward(c.inputs[0], attended, c.outer, c.shape.heads)}};
          }};
}

TableOperation padded_attention_row() {
  TableOperation row = attention_row();
  row.name = "attention_padded";
  row.formula = [](const TableShape& s, const Tensors& in) {
    return attention_formula(s, in[0], some_padding(s));
  };
  row.ours = [](const Call& c) {
    const at::Tensor padding = some_padding(c.shape).to(at::kFloat);
    const Attention attended = attention(c.inputs[0], c.shape.heads, {}, padding);
    return Outcome{
        attended.context,
        {attention_backward(c.inputs[0], attended, c.outer, c.shape.heads, {}, {}, padding)}};
  };
  return row;
}

/// The last tokens of each sample, backwards.
at::Tensor chosen_rows(const TableShape& s) {
  const std::int64_t count = (s.tokens + 1) / 2;
  at::Tensor rows = at::zeros({s.batch, count}, at::kLong);
  for (std::int64_t i = 0; i < count; ++i) rows.select(1, i).fill_(s.tokens - 1 - i);
  return rows;
}

TableOperation select_row() {
  return {.name = "select_tokens",
          .inputs =
              [](const TableShape& s) {
                return Tensors{table_numbers({s.batch, s.tokens, s.width}, 1), chosen_rows(s)};
              },
          .computed = {true, false},
          .formula =
              [](const TableShape& s, const Tensors& in) {
                return in[0].slice(1, s.tokens - in[1].size(1)).flip({1});
              },
          .ours =
              [](const Call& c) {
                return Outcome{select_tokens(c.inputs[0], c.inputs[1]),
                               {spread_tokens(c.outer, c.inputs[1], c.shape.tokens), {}}};
              }};
}

/// The block's weights behind x in a list of inputs.
TransformerBlockWeights weights_of(const Tensors& in) {
  return {.norm1_weight = in[1],
          .norm1_bias = in[2],
          .qkv_weight = in[3],
          .qkv_bias = in[4],
          .proj_weight = in[5],
          .proj_bias = in[6],
          .norm2_weight = in[7],
          .norm2_bias = in[8],
          .fc1_weight = in[9],
          .fc1_bias = in[10],
          .fc2_weight = in[11],
          .fc2_bias = in[12]};
}

Tensors block_inputs(const TableShape& s) {
  const std::int64_t w = s.width, h = 2 * w;
  const double size = 1 / std::sqrt(static_cast<double>(w));
  return {table_numbers({s.batch, s.tokens, w}, 1),
          1 + table_numbers({w}, 2, 0.3),
          table_numbers({w}, 3, 0.3),
          table_numbers({3 * w, w}, 4, size),
          table_numbers({3 * w}, 5, 0.3),
          table_numbers({w, w}, 6, size),
          table_numbers({w}, 7, 0.3),
          1 + table_numbers({w}, 8, 0.3),
          table_numbers({w}, 9, 0.3),
          table_numbers({h, w}, 10, size),
          table_numbers({h}, 11, 0.3),
          table_numbers({w, h}, 12, size),
          table_numbers({w}, 13, 0.3)};
}

/// The block in plain formulas. padding: [batch, tokens], undefined: none; tanh: of its GELU.
at::Tensor block_formula(const TableShape& s, const Tensors& in, const at::Tensor& padding,
                         bool tanh) {
  const at::Tensor normed = layer_norm_formula(in[0], in[1], in[2]);
  const at::Tensor context = attention_formula(s, at::matmul(normed, in[3].t()) + in[4], padding);
  const at::Tensor middle = in[0] + at::matmul(context, in[5].t()) + in[6];
  const at::Tensor hidden =
      at::matmul(layer_norm_formula(middle, in[7], in[8]), in[9].t()) + in[10];
  const at::Tensor share = tanh
                               ? at::tanh((hidden + hidden.pow(3) * 0.044715) * std::sqrt(2 / M_PI))
                               : at::erf(hidden / std::sqrt(2.0));
  return middle + at::matmul(hidden * 0.5 * (1 + share), in[11].t()) + in[12];
}

/// Weights are float32 and rounded by the block itself, so that its results are further from those
/// of the weights as they are.
TableOperation block_row() {
  return {.name = "transformer_block",
          .inputs = block_inputs,
          .computed = std::vector<bool>(13, false),
          .in_compute_type = false,
          .formula = [](const TableShape& s,
                        const Tensors& in) { return block_formula(s, in, {}, /*tanh=*/false); },
          .ours =
              [](const Call& c) {
                const Tensors leaves = leaves_of(c.inputs);
                return differentiated(
                    transformer_block(leaves[0], weights_of(leaves),
                                      {.heads = c.shape.heads, .compute = c.compute}, {}),
                    c.outer, leaves);
              },
          .slack = 6};
}

/// M3AE's: with padded keys and the GELU by tanh.
TableOperation joint_block_row() {
  TableOperation row = block_row();
  row.name = "transformer_block_joint";
  row.formula = [](const TableShape& s, const Tensors& in) {
    return block_formula(s, in, some_padding(s), /*tanh=*/true);
  };
  row.ours = [](const Call& c) {
    const Tensors leaves = leaves_of(c.inputs);
    TransformerBlockOptions options{.heads = c.shape.heads, .compute = c.compute};
    options.tanh_gelu = true;
    options.key_padding = some_padding(c.shape).to(c.device(), at::kFloat);
    return differentiated(transformer_block(leaves[0], weights_of(leaves), options, {}), c.outer,
                          leaves);
  };
  return row;
}

}  // namespace

std::vector<TableOperation> product_operations() {
  return {linear_row(),           attention_row(),       padded_attention_row(),
          anywhere(select_row()), anywhere(block_row()), anywhere(joint_block_row())};
}

}  // namespace dbot::ops
