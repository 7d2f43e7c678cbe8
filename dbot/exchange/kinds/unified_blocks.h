#pragma once

#include <string>
#include <vector>

#include "dbot/runtime/named_tensors.h"

// Blocks of frozen teachers hold the same things in several forms. Here they get the one that dbot
// computes. docs/methods/teachers.md §6.
namespace dbot::exchange {

/// Changes the tensors of one encoder, under official names:
///   attn.{q,k,v}_proj.weight → attn.qkv.weight, with attn.{q,k,v}_bias → attn.qkv.bias where keys
///   have a bias; attn.qkv.bias · attn.qkv.bias_mask; mlp.w12.* and an mlp.fc1.* of both halves →
///   mlp.fc1_g.* (the first half, the gate) and mlp.fc1_x.*; attn_pool.qkv.* → attn_pool.q.* and
///   attn_pool.kv.*.
/// What was assumed in doing so goes to `assumed`. Throws DataError, beginning with `source`, for
/// parts that do not fit each other.
void unify_blocks(runtime::NamedTensors& tensors, const std::string& source,
                  std::vector<std::string>& assumed);

/// Of names that call the first matrix alike with and without a gate (transformers' DINOv3):
/// mlp.fc1_x.* → mlp.fc1.* where there are no gates at all.
void name_ungated(runtime::NamedTensors& tensors);

}  // namespace dbot::exchange
