#pragma once

#include <string>
#include <string_view>
#include <vector>

// Names without what training programs put into them: the wrappers of compiled, sharded, parallel
// and recomputed modules, and blocks in chunks. Sources: torch.compile, FSDP, DDP and
// checkpoint_wrapper of PyTorch; DINOv2's vision transformer.
namespace dbot::exchange {

/// Whether a part between two dots only says that a module was wrapped: "_orig_mod", "module".
bool is_wrapper(std::string_view part);

/// "blocks.0._orig_mod.attn.qkv.weight" → "blocks.0.attn.qkv.weight", wherever they stand.
std::string without_wrappers(std::string_view name);

/// Gives blocks in chunks their numbers in the network: of "blocks.1.7.norm1.weight" 7 where the
/// second number counts through the network (DINOv2), the place in order where it counts in each
/// chunk. Names of one encoder; others, and numbers with gaps, stay.
void number_blocks(std::vector<std::string>& names);

}  // namespace dbot::exchange
