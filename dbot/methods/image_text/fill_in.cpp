#include "dbot/methods/image_text/fill_in.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>

namespace dbot::methods {
namespace {

/// Every token at its own place, [batch, count].
at::Tensor in_order(std::int64_t batch, std::int64_t count, const at::Tensor& like) {
  return at::arange(count, like.options().dtype(at::kLong)).expand({batch, count});
}

}  // namespace

at::Tensor images_from_texts(const nn::JointAutoencoder& network, const nn::TextTokens& texts,
                             at::ScalarType compute) {
  const at::NoGradGuard no_grad;
  const std::int64_t batch = texts.ids.size(0);
  const nn::JointTokens visible = network.encoder().embed({.text = texts});
  const nn::JointPlaces places{
      .image_restore = in_order(batch, network.config().encoder.patches(), texts.ids),
      .text_restore = in_order(batch, texts.ids.size(1), texts.ids),
      .text_padding = texts.padding};
  const at::Tensor latent = network.encoder().encode(visible, compute);
  return network.predict_image(network.decode(visible, latent, places, compute).image, compute);
}

at::Tensor texts_from_images(const nn::JointAutoencoder& network, const ops::Images& images,
                             const at::Tensor& padding, at::ScalarType compute) {
  const at::NoGradGuard no_grad;
  const std::int64_t batch = padding.size(0);
  const nn::JointTokens visible = network.encoder().embed({.images = images});
  const nn::JointPlaces places{.image_restore = in_order(batch, visible.patches, padding),
                               .text_restore = in_order(batch, padding.size(1), padding),
                               .text_padding = padding};
  const at::Tensor latent = network.encoder().encode(visible, compute);
  return network.predict_text(network.decode(visible, latent, places, compute).text, compute);
}

}  // namespace dbot::methods
