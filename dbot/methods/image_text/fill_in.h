#pragma once

#include <ATen/core/Tensor.h>

#include "dbot/nn/joint/joint_autoencoder.h"

// One side of a pair, predicted from the other alone. No result has a graph.
namespace dbot::methods {

/// Normalised pixels of all patches of the images that belong to texts, [batch, patches,
/// p·p·channels], when nothing of the images and all of the texts is seen.
at::Tensor images_from_texts(const nn::JointAutoencoder& network, const nn::TextTokens& texts,
                             at::ScalarType compute);

/// Logits [batch, tokens, vocabulary] of the texts that belong to images, all of which is seen.
/// padding: float32 [batch, tokens], 1: padded; it says how many tokens the texts have.
at::Tensor texts_from_images(const nn::JointAutoencoder& network, const ops::Images& images,
                             const at::Tensor& padding, at::ScalarType compute);

}  // namespace dbot::methods
