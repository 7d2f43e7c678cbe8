#pragma once

#include <ATen/core/Tensor.h>

// Losses of siamese networks on embeddings, [batch, width]. Sources and formulas:
// docs/methods/siamese.md §4 and §6. All are means over the batch, in float32.
namespace dbot::objectives {

/// Rows of length 1; of a shorter one than 1e-12 the length counts as that.
at::Tensor unit_rows(const at::Tensor& x);

/// Similarities of each query with its own key and with a queue of others', divided by the
/// temperature: [batch, 1 + keys]. queries, keys: unit rows; queue: unit columns [width, keys].
at::Tensor contrast_logits(const at::Tensor& queries, const at::Tensor& keys,
                           const at::Tensor& queue, double temperature);
/// Cross entropy of choosing the first: InfoNCE. He et al., arXiv 1911.05722.
at::Tensor first_cross_entropy(const at::Tensor& logits);

enum class PairLoss {
  nt_xent,          // SimCLR's, arXiv 2002.05709: each of both views looks for the other among all
  regression,       // BYOL's, arXiv 2006.07733: 2 − 2 cos; the target has no gradient
  negative_cosine,  // SimSiam's, arXiv 2011.10566: −cos; the target has no gradient
  barlow_twins,     // arXiv 2103.03230: correlations of the columns
};

struct PairLossConfig {
  PairLoss kind = PairLoss::nt_xent;
  double temperature = 0.5;      // of nt_xent
  double off_diagonal = 0.0051;  // of barlow_twins: the weight of correlations between columns
};

/// A scalar with its graph. online, target: [batch, width].
at::Tensor pair_loss(const at::Tensor& online, const at::Tensor& target,
                     const PairLossConfig& config);

}  // namespace dbot::objectives
