#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>

#include <cmath>

#include "dbot/ops/adamw_update.h"
#include "dbot/ops/flat_updates.h"
#include "tests/ops/operation_table.h"
#include "tests/ops/step_inputs.h"

// What optimizers and moving averages do to flat buffers: values, state, and what is left of the
// gradients.
namespace dbot::ops {

AdamWOptions adam_options(bool decay_in_gradient) {
  return {.learning_rate = 0.01,
          .beta1 = 0.9,
          .beta2 = 0.95,
          .eps = 1e-3,
          .weight_decay = 0.05,
          .gradient_scale = 0.5,
          .step = 3,
          .decay_in_gradient = decay_in_gradient};
}

namespace {

std::int64_t size_of(const TableShape& s) {
  return s.rows() * s.width * 7 + 5;
}

/// The row of an update of `inputs`: values, gradients and state. `ours` changes copies of them.
TableOperation update_row(std::string name, std::function<Tensors(const TableShape&)> inputs,
                          std::function<at::Tensor(const TableShape&, const Tensors&)> formula,
                          std::function<at::Tensor(const Tensors&)> ours) {
  const std::size_t count = inputs({1, 1, 4, 1}).size();
  return {.name = std::move(name),
          .inputs = std::move(inputs),
          .computed = std::vector<bool>(count, false),
          .bfloat16 = false,
          .formula = std::move(formula),
          .ours =
              [ours = std::move(ours)](const Call& c) {
                Tensors all;
                for (const at::Tensor& input : c.inputs) all.push_back(input.clone());
                return Outcome{ours(all), {}};
              },
          .on_any_device = true};
}

/// The numbers of a step where they lie on the device of the tensors.
StepNumbers numbers_of(const at::Tensor& like, double rate, double gradient_scale,
                       std::int64_t step) {
  const auto number = [&](double value) {
    return at::full({}, value, like.options().dtype(at::kFloat));
  };
  return {.learning_rate = number(rate),
          .gradient_divisor = number(1 / gradient_scale),
          .skipped = number(0),
          .count = number(static_cast<double>(step))};
}

/// Values, both moments, what is left of the gradients, and the gradients' norm before.
at::Tensor adam_formula(const Tensors& in, const AdamWOptions& o) {
  at::Tensor gradient = in[1] * o.gradient_scale, values = in[0];
  if (o.decay_in_gradient) {
    gradient = gradient + o.weight_decay * values;
  } else {
    values = values * (1 - o.learning_rate * o.weight_decay);
  }
  const at::Tensor first = in[2] * o.beta1 + gradient * (1 - o.beta1);
  const at::Tensor second = in[3] * o.beta2 + gradient.square() * (1 - o.beta2);
  const double count = static_cast<double>(o.step);
  const at::Tensor corrected1 = first / (1 - std::pow(o.beta1, count));
  const at::Tensor corrected2 = second / (1 - std::pow(o.beta2, count));
  values = values - corrected1 * o.learning_rate / (corrected2.sqrt() + o.eps);
  return at::cat({values, first, second, in[1] * 0, in[1].norm().view(1)});
}

/// Who knows the numbers of a step: the host, or the device alone.
enum class Known { on_host, on_device };

TableOperation adam_row(std::string name, bool decay_in_gradient, Known known) {
  const AdamWOptions options = adam_options(decay_in_gradient);
  return update_row(
      std::move(name),
      [](const TableShape& s) {
        const std::int64_t size = size_of(s);
        return Tensors{table_numbers({size}, 1), table_numbers({size}, 2),
                       table_numbers({size}, 3, 0.1), table_numbers({size}, 4).square()};
      },
      [=](const TableShape&, const Tensors& in) { return adam_formula(in, options); },
      [=](const Tensors& all) {
        const AdamWTensors tensors{all[0], all[1], all[2], all[3]};
        at::Tensor norm;
        if (known == Known::on_host) {
          norm = at::full({1}, std::sqrt(sum_of_squares(all[1])), all[1].options());
          adamw_update(tensors, options);
        } else {
          norm = sum_of_squares_on_device(all[1]).sqrt().to(at::kFloat).view(1);
          adamw_update(
              tensors, options,
              numbers_of(all[0], options.learning_rate, options.gradient_scale, options.step));
        }
        return at::cat({all[0], all[2], all[3], all[1], norm});
      });
}

Tensors momentum_inputs(const TableShape& s) {
  return {table_numbers({size_of(s)}, 1), table_numbers({size_of(s)}, 2),
          table_numbers({size_of(s)}, 3)};
}

/// values ← values − rate · move, and the rest.
at::Tensor moved(const Tensors& in, double rate, const at::Tensor& move,
                 const at::Tensor& momentum) {
  return at::cat({in[0] - rate * move, momentum, in[1] * 0});
}

TableOperation sgd_row(std::string name, double momentum, bool nesterov, Known known) {
  const SgdOptions options{.learning_rate = 0.1,
                           .momentum = momentum,
                           .nesterov = nesterov,
                           .weight_decay = 0.05,
                           .gradient_scale = 0.5};
  return update_row(
      std::move(name), momentum_inputs,
      [=](const TableShape&, const Tensors& in) {
        const at::Tensor direction = in[1] * options.gradient_scale + in[0] * options.weight_decay;
        if (momentum == 0) return moved(in, options.learning_rate, direction, in[2]);
        const at::Tensor kept = in[2] * momentum + direction;
        return moved(in, options.learning_rate, nesterov ? direction + momentum * kept : kept,
                     kept);
      },
      [=](const Tensors& all) {
        const at::Tensor kept = momentum == 0 ? at::Tensor() : all[2];
        if (known == Known::on_host) {
          sgd_update({all[0], all[1], kept}, options);
        } else {
          sgd_update({all[0], all[1], kept}, options,
                     numbers_of(all[0], options.learning_rate, options.gradient_scale, 1));
        }
        return at::cat({all[0], all[2], all[1]});
      });
}

/// Two layers; what lies before, between and behind them is of none.
std::vector<FlatRange> layers_of(std::int64_t size) {
  return {{3, size / 2}, {size / 2 + 2, size - 4}};
}

TableOperation lars_row(std::string name, Known known) {
  const LarsOptions options{.learning_rate = 0.1,
                            .momentum = 0.9,
                            .weight_decay = 0.05,
                            .trust_coefficient = 0.3,
                            .gradient_scale = 0.5};
  return update_row(
      std::move(name), momentum_inputs,
      [=](const TableShape& s, const Tensors& in) {
        const at::Tensor all = in[1] * options.gradient_scale + in[0] * options.weight_decay;
        Tensors parts;
        std::int64_t done = 0;
        for (const auto& [begin, end] : layers_of(size_of(s))) {
          const at::Tensor part = all.slice(0, begin, end);
          const at::Tensor trust =
              options.trust_coefficient * in[0].slice(0, begin, end).norm() / part.norm();
          parts.insert(parts.end(), {all.slice(0, done, begin), part * trust});
          done = end;
        }
        parts.push_back(all.slice(0, done));
        const at::Tensor kept = in[2] * options.momentum + at::cat(parts);
        return moved(in, options.learning_rate, kept, kept);
      },
      [=](const Tensors& all) {
        if (known == Known::on_host) {
          lars_update({all[0], all[1], all[2]}, layers_of(all[0].numel()), options);
        } else {
          lars_update({all[0], all[1], all[2]}, layers_of(all[0].numel()), options,
                      numbers_of(all[0], options.learning_rate, options.gradient_scale, 1));
        }
        return at::cat({all[0], all[2], all[1]});
      });
}

TableOperation move_row(std::string name, Known known) {
  return update_row(
      std::move(name),
      [](const TableShape& s) {
        return Tensors{table_numbers({size_of(s)}, 1), table_numbers({size_of(s)}, 2)};
      },
      [](const TableShape&, const Tensors& in) { return in[0] * 0.7 + in[1] * 0.3; },
      [=](const Tensors& all) {
        move_towards(all[0], all[1], 0.3,
                     known == Known::on_host ? at::Tensor() : at::full({}, 0, all[0].options()));
        return all[0];
      });
}

}  // namespace

std::vector<TableOperation> update_operations() {
  std::vector<TableOperation> rows;
  for (const auto& [suffix, known] :
       {std::pair{"", Known::on_host}, {"_known_on_the_device", Known::on_device}}) {
    const auto named = [suffix = std::string(suffix)](const char* name) { return name + suffix; };
    for (TableOperation& row : std::vector{adam_row(named("adamw_update"), false, known),
                                           adam_row(named("adam_update"), true, known),
                                           sgd_row(named("sgd_without_momentum"), 0, false, known),
                                           sgd_row(named("sgd_update"), 0.9, false, known),
                                           sgd_row(named("sgd_nesterov"), 0.9, true, known),
                                           lars_row(named("lars_update"), known),
                                           move_row(named("move_towards"), known)}) {
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

}  // namespace dbot::ops
