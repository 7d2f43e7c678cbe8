#include "dbot/exchange/video/mae_st_names.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/rand.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"

namespace dbot::exchange {
namespace {

runtime::NamedTensors published_block() {
  runtime::NamedTensors tensors{{"cls_token", at::rand({1, 1, 4})},
                                {"decoder_pos_embed_class", at::rand({1, 1, 2})}};
  for (const char* part : {"q", "k", "v"}) {
    tensors[std::string("blocks.0.attn.") + part + ".weight"] = at::rand({4, 4});
    tensors[std::string("blocks.0.attn.") + part + ".bias"] = at::rand({4});
  }
  return tensors;
}

TEST(MaeStNames, QueriesKeysAndValuesAreJoinedAndSplitAgain) {
  const runtime::NamedTensors theirs = published_block();
  EXPECT_TRUE(has_mae_st_names(theirs));
  const runtime::NamedTensors ours = mae_st_to_ours(theirs, "file");
  ASSERT_EQ(ours.size(), 4U);
  EXPECT_FALSE(has_mae_st_names(ours));
  EXPECT_TRUE(
      at::equal(ours.at("blocks.0.attn.qkv.weight"),
                at::cat({theirs.at("blocks.0.attn.q.weight"), theirs.at("blocks.0.attn.k.weight"),
                         theirs.at("blocks.0.attn.v.weight")})));
  const runtime::NamedTensors again = mae_st_from_ours(ours);
  ASSERT_EQ(again.size(), theirs.size());
  for (const auto& [name, tensor] : theirs) EXPECT_TRUE(at::equal(tensor, again.at(name))) << name;
}

TEST(MaeStNames, NestsAndTheSecondProgramsTablesAreKnown) {
  runtime::NamedTensors theirs;
  for (const auto& [name, tensor] : published_block()) {
    const bool table = name.starts_with("decoder_pos_embed");
    theirs["model_state." + (table ? "dec_" + name.substr(8) : name)] = tensor;
  }
  EXPECT_TRUE(has_mae_st_names(theirs));
  const runtime::NamedTensors ours = mae_st_to_ours(theirs, "file");
  EXPECT_TRUE(ours.contains("decoder_pos_embed_class"));
  EXPECT_TRUE(ours.contains("cls_token"));
  EXPECT_TRUE(ours.contains("blocks.0.attn.qkv.bias"));
}

TEST(MaeStNames, RefuseWhatDoesNotBelongTogether) {
  for (const char* missing : {"blocks.0.attn.q.bias", "blocks.0.attn.k.weight"}) {
    runtime::NamedTensors theirs = published_block();
    theirs.erase(missing);
    EXPECT_THROW(mae_st_to_ours(theirs, "file"), DataError) << missing;
  }
  runtime::NamedTensors other = published_block();
  other["blocks.0.attn.v.weight"] = at::rand({4, 3});
  EXPECT_THROW(mae_st_to_ours(other, "file"), DataError);
  runtime::NamedTensors scalar{{"blocks.0.attn.q.bias", at::rand({})},
                               {"blocks.0.attn.k.bias", at::rand({})},
                               {"blocks.0.attn.v.bias", at::rand({})}};
  EXPECT_THROW(mae_st_to_ours(scalar, "file"), DataError);
  runtime::NamedTensors twice = published_block();
  twice["module.cls_token"] = at::rand({1, 1, 4});
  EXPECT_THROW(mae_st_to_ours(twice, "file"), DataError);
}

}  // namespace
}  // namespace dbot::exchange
