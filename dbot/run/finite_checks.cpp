#include "dbot/run/finite_checks.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/sum.h>
#include <c10/core/Scalar.h>
#include <fmt/format.h>

#include <map>
#include <span>
#include <string>
#include <utility>

#include "dbot/data/normalise.h"

namespace dbot::run {
namespace {

void add(FiniteCheck& check, const std::string& name, const at::Tensor& tensor) {
  if (!tensor.defined()) return;
  const std::int64_t finite = tensor.isfinite().sum().item().toLong();
  check.values += tensor.numel();
  check.not_finite += tensor.numel() - finite;
  if (finite < tensor.numel() && check.first.empty()) check.first = name;
}

/// Tokens through a stack, one block at a time.
template <typename Run>
at::Tensor add_blocks(FiniteCheck& check, at::Tensor tokens,
                      const std::vector<ops::TransformerBlockWeights>& blocks, Run run) {
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    tokens = run(tokens, std::span(&blocks[i], 1));
    add(check, fmt::format("the result of block {}", i), tokens);
  }
  return tokens;
}

}  // namespace

std::vector<FiniteCheck> check_state(const nn::NamedTensors& tensors) {
  std::vector<FiniteCheck> checks{{"student weights"}, {"teacher weights"}, {"optimizer state"}};
  const std::string prefixes[] = {"student.", "teacher.", "optimizer."};
  for (const auto& [name, tensor] : tensors) {
    for (std::size_t i = 0; i < checks.size(); ++i) {
      if (name.starts_with(prefixes[i])) add(checks[i], name.substr(prefixes[i].size()), tensor);
    }
  }
  return checks;
}

std::vector<FiniteCheck> check_forward(methods::MaskedModeling& method,
                                       const train::MicroBatch& micro,
                                       runtime::Precision precision) {
  const at::NoGradGuard no_grad;
  const at::ScalarType compute = runtime::compute_type(precision);
  const auto whole = method.forward(micro.batch, micro.draws, precision);
  const nn::MaskedAutoencoder& student = method.student();
  const nn::VisionTransformer& encoder = student.encoder();

  FiniteCheck target{"target"}, in_encoder{"encoder"}, in_decoder{"decoder"}, rest{"prediction"};
  add(target, "the target", whole.target);
  const at::Tensor images = method.normalised(micro.batch);
  at::Tensor tokens = encoder.embed(images, whole.mask.ids_keep);
  add(in_encoder, "the patch embedding", tokens);
  tokens = add_blocks(
      in_encoder, tokens, encoder.block_weights(),
      [&](const at::Tensor& input, auto block) { return encoder.blocks(input, block, compute); });
  add(in_encoder, "the final norm", whole.latent);
  tokens = student.decoder_tokens(whole.latent, whole.mask.ids_restore, compute);
  add(in_decoder, "the decoder's embedding", tokens);
  const auto options = student.decoder_options(compute);
  add_blocks(in_decoder, tokens, student.decoder_blocks(),
             [&](const at::Tensor& input, auto block) {
               return nn::run_blocks(input, block, options, {});
             });
  add(rest, "the prediction", whole.prediction);
  add(rest, "the loss", whole.loss);
  return {target, in_encoder, in_decoder, rest};
}

std::vector<FiniteCheck> check_gradients(methods::MaskedModeling& method) {
  FiniteCheck vectors{"gradients of biases and gains"}, matrices{"gradients of matrices"};
  const nn::ParameterStore& parameters = *method.student().parameters();
  for (const nn::ParameterSpec& spec : parameters.specs()) {
    if (!spec.trainable) continue;
    const bool vector = parameters.offset(spec.name) < parameters.vectors_end();
    add(vector ? vectors : matrices, spec.name, parameters.at(spec.name).grad());
  }
  return {vectors, matrices};
}

}  // namespace dbot::run
