#pragma once

#include <optional>
#include <string>

namespace dbot::report {

/// What an objective's loss must look like for a prediction that knows nothing of the image.
struct ExpectedLoss {
  double constant = 0;   // of predicting zero, the mean of every standardised token
  double first_low = 0;  // of the first step: a fresh predictor's random output
  double first_high = 0;
};

/// `loss`, `normalisation` and `beta` as in the recipe's objective table. Empty where the scale of
/// the target is not fixed (normalisation "none", but for cosine, which has none).
///
/// Derivation. A standardised token of n values has mean 0 and mean square (n − 1)/n ≈ 1 (its
/// variance has divisor n − 1). Let the prediction be independent of it, with mean 0 and variance
/// s²; the difference d then has mean square σ² = 1 + s², and, taking it as normal,
///   mse, l2    E d²  = σ²
///   l1         E |d| = σ √(2/π)
///   smooth_l1  d²/2β below β, |d| − β/2 above. With a = β/σ, Φ and φ the standard normal's:
///              σ²/(2β) · (2Φ(a) − 1 − 2aφ(a)) + 2σφ(a) − β(1 − Φ(a))
///   cosine     1 − E cos = 1, whatever the scale
/// A constant prediction has s = 0: mse 1, l1 0.798, smooth_l1 with β = 2: 0.247 (never above
/// 1/(2β) = 0.25, its purely quadratic form). A fresh predictor is a linear map with Xavier's
/// weights of variance 2/(in + out), after a LayerNorm: s² = 2·in/(in + out), from 0 to 2. So the
/// first loss lies between those of σ² = 1 and σ² = 3. The bounds leave room below for images with
/// flat patches, whose standardised target is 0, and for tokens that are no normal variables.
std::optional<ExpectedLoss> expected_loss(const std::string& loss, const std::string& normalisation,
                                          double beta);

}  // namespace dbot::report
