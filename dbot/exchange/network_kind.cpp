#include "dbot/exchange/network_kind.h"

namespace dbot::exchange {

NetworkKind kind_of(const nn::EncoderConfig& config) {
  if (!config.patch_bias || config.norm_before || config.projection > 0 ||
      config.gelu == nn::Gelu::quick || !config.can_be_trained()) {
    return NetworkKind::other;
  }
  if (!config.key_bias) return NetworkKind::beit;
  const bool plain = config.position_table && config.layer_scale == 0 &&
                     config.relative_positions == nn::RelativePositions::none;
  return plain ? NetworkKind::plain : NetworkKind::other;
}

}  // namespace dbot::exchange
