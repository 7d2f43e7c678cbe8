#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <c10/util/BFloat16.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>

#include "dbot/ops/backends.h"
#include "dbot/ops/cpu/kernels/row_kernels.h"
#include "dbot/ops/cpu/parallel_rows.h"

namespace dbot::ops {
namespace {

/// What both passes walk through: the tokens of `plan`, with `count` rows of a sample's own.
struct Walk {
  std::int64_t batch, tokens, count, width;
  const std::int64_t* sources;
  const std::int64_t* positions;  // null: in order
  Rows one;                       // the kernels take one row at a time

  Walk(const TokenPlan& plan, std::int64_t own_count, std::int64_t token_width)
      : batch(plan.sources.size(0)),
        tokens(plan.sources.size(1)),
        count(own_count),
        width(token_width),
        sources(plan.sources.const_data_ptr<std::int64_t>()),
        positions(plan.positions.defined() ? plan.positions.const_data_ptr<std::int64_t>()
                                           : nullptr) {
    one.end = 1;
    one.width = width;
  }
  std::int64_t position(std::int64_t sample, std::int64_t token) const {
    return positions == nullptr ? token : positions[sample * tokens + token];
  }
  /// Calls body(sample, token, row of the own tokens of all samples or −1).
  template <typename Body>
  void for_tokens(const Body& body) const {
    parallel_rows(batch, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
      for (std::int64_t sample = begin; sample < end; ++sample) {
        for (std::int64_t token = 0; token < tokens; ++token) {
          const std::int64_t source = sources[sample * tokens + token];
          body(sample, token, source < 0 ? -1 : sample * count + source);
        }
      }
    });
  }
};

template <typename Element>
at::Tensor forward(const at::Tensor& own, const at::Tensor& shared, const at::Tensor& table,
                   const TokenPlan& plan) {
  const Walk walk(plan, own.size(1), own.size(2));
  at::Tensor y = at::empty({walk.batch, walk.tokens, walk.width}, table.options());
  const auto kernels = row_kernels<Element>();
  const auto float_kernels = row_kernels<float>();
  const Element* from = own.const_data_ptr<Element>();
  const float* filler = shared.const_data_ptr<float>();
  const float* places = table.const_data_ptr<float>();
  float* to = y.mutable_data_ptr<float>();
  walk.for_tokens([&](std::int64_t sample, std::int64_t token, std::int64_t row) {
    const float* place = places + walk.position(sample, token) * walk.width;
    float* result = to + (sample * walk.tokens + token) * walk.width;
    if (row < 0) {
      float_kernels.add(walk.one, place, filler, result);
    } else {
      kernels.add(walk.one, place, from + row * walk.width, result);
    }
  });
  return y;
}

struct TokenGradients {
  at::Tensor own, shared;
};

template <typename Element>
TokenGradients backward(const at::Tensor& outer, const TokenPlan& plan, std::int64_t count) {
  const Walk walk(plan, count, outer.size(2));
  // Rows that no token was made of get no gradient.
  at::Tensor own = at::zeros({walk.batch, count, walk.width},
                             outer.options().dtype(c10::CppTypeToScalarType<Element>::value));
  const at::Tensor sums = at::zeros({walk.batch, walk.width}, outer.options());
  const auto kernels = row_kernels<Element>();
  const auto float_kernels = row_kernels<float>();
  const float* from = outer.const_data_ptr<float>();
  Element* to = own.mutable_data_ptr<Element>();
  float* sample_sums = sums.mutable_data_ptr<float>();
  walk.for_tokens([&](std::int64_t sample, std::int64_t token, std::int64_t row) {
    const float* gradient = from + (sample * walk.tokens + token) * walk.width;
    if (row < 0) {
      float_kernels.sum_columns(walk.one, gradient, sample_sums + sample * walk.width);
    } else {
      kernels.convert(walk.one, gradient, to + row * walk.width);
    }
  });
  // Samples one after the other, whichever thread summed them.
  at::Tensor shared = at::zeros({1, 1, walk.width}, outer.options());
  const Rows samples{.begin = 0, .end = walk.batch, .width = walk.width};
  float_kernels.sum_columns(samples, sample_sums, shared.mutable_data_ptr<float>());
  return {own, shared};
}

/// Each thread has rows of the table of its own and walks through all tokens: sums have fixed
/// places.
at::Tensor table_gradient(const at::Tensor& outer, const TokenPlan& plan, std::int64_t places) {
  const Walk walk(plan, 0, outer.size(2));
  at::Tensor sums = at::zeros({1, places, walk.width}, outer.options());
  const auto kernels = row_kernels<float>();
  const float* from = outer.const_data_ptr<float>();
  float* to = sums.mutable_data_ptr<float>();
  parallel_rows(places, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t sample = 0; sample < walk.batch; ++sample) {
      for (std::int64_t token = 0; token < walk.tokens; ++token) {
        const std::int64_t place = walk.position(sample, token);
        if (place < begin || place >= end) continue;
        kernels.sum_columns(walk.one, from + (sample * walk.tokens + token) * walk.width,
                            to + place * walk.width);
      }
    }
  });
  return sums;
}

class AssembleBackward : public torch::autograd::Node {
 public:
  TokenPlan plan;
  at::ScalarType type = at::kFloat;  // of the own tokens
  std::int64_t count = 0;
  std::int64_t places = 0;  // of a table that is trained

  std::string name() const override { return "dbot::assemble_tokens"; }

  torch::autograd::variable_list apply(torch::autograd::variable_list&& gradients) override {
    const c10::NoGradGuard no_graph;
    const at::Tensor outer = gradients.at(0).contiguous();
    const TokenGradients found = type == at::kBFloat16 ? backward<c10::BFloat16>(outer, plan, count)
                                                       : backward<float>(outer, plan, count);
    torch::autograd::variable_list result{found.own, found.shared};
    if (places > 0) result.push_back(table_gradient(outer, plan, places));
    return result;
  }
};

}  // namespace

at::Tensor assemble_tokens_cpu(const at::Tensor& own, const at::Tensor& shared,
                               const at::Tensor& table, const TokenPlan& plan) {
  const bool with_graph = c10::GradMode::is_enabled() &&
                          (own.requires_grad() || shared.requires_grad() || table.requires_grad());
  std::shared_ptr<AssembleBackward> node;
  if (with_graph) {
    node.reset(new AssembleBackward, torch::autograd::deleteNode);
    node->plan = plan;
    node->type = own.scalar_type();
    node->count = own.size(1);
    if (table.requires_grad()) {
      node->places = table.size(1);
      node->set_next_edges(torch::autograd::collect_next_edges(own, shared, table));
    } else {
      node->set_next_edges(torch::autograd::collect_next_edges(own, shared));
    }
  }
  const c10::NoGradGuard no_graph;
  const at::Tensor rows = own.detach().contiguous();
  const at::Tensor one = shared.detach().contiguous();
  const at::Tensor places = table.detach().contiguous();
  at::Tensor y = own.scalar_type() == at::kBFloat16
                     ? forward<c10::BFloat16>(rows, one, places, plan)
                     : forward<float>(rows, one, places, plan);
  if (node) torch::autograd::set_history(y, node);
  return y;
}

}  // namespace dbot::ops
