#include "dbot/exchange/names/tensor_names.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "tests/exchange/small_encoder.h"

namespace dbot::exchange {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

runtime::NamedTensors numbered(const runtime::NamedTensors& tensors) {
  runtime::NamedTensors result;
  std::int64_t first = 0;
  for (const auto& [name, tensor] : tensors) {
    result[name] = at::arange(first, first + tensor.numel()).to(at::kFloat).view(tensor.sizes());
    first += tensor.numel();
  }
  return result;
}

runtime::NamedTensors network() {
  return numbered(small_parameters(small_description().config));
}

void expect_equal(const runtime::NamedTensors& ours, const runtime::NamedTensors& expected) {
  ASSERT_EQ(ours.size(), expected.size());
  for (const auto& [name, tensor] : expected) {
    ASSERT_TRUE(ours.contains(name)) << name;
    EXPECT_TRUE(at::equal(ours.at(name), tensor)) << name;
  }
}

TEST(TensorNames, GoThereAndBackInEveryStyle) {
  for (const NameStyle style : {NameStyle::hugging_face_classic, NameStyle::hugging_face_current,
                                NameStyle::clip, NameStyle::hugging_face_clip}) {
    SCOPED_TRACE(style_name(style));
    runtime::NamedTensors official = network();
    if (style == NameStyle::clip || style == NameStyle::hugging_face_clip) {
      official.erase("patch_embed.proj.bias");  // CLIP has none
      official["norm_pre.weight"] = at::ones({16});
      official["norm_pre.bias"] = at::zeros({16});
      official["head.weight"] = at::arange(8 * 16).view({8, 16}).to(at::kFloat);
    }
    const RenamedTensors foreign = from_official(official, style);
    EXPECT_THAT(foreign.left_out, IsEmpty());
    std::vector<std::string> names;
    for (const auto& [name, tensor] : foreign.tensors) names.push_back(name);
    EXPECT_EQ(style_of(names), style);
    const RenamedTensors back = to_official(foreign.tensors, style);
    EXPECT_THAT(back.left_out, IsEmpty());
    expect_equal(back.tensors, official);
  }
}

TEST(TensorNames, SplitQueryKeyAndValueByRows) {
  const runtime::NamedTensors official = network();
  const auto foreign = from_official(official, NameStyle::hugging_face_classic).tensors;
  const at::Tensor& whole = official.at("blocks.1.attn.qkv.weight");
  const std::string attention = "encoder.layer.1.attention.attention.";
  EXPECT_TRUE(at::equal(foreign.at(attention + "query.weight"), whole.narrow(0, 0, 16)));
  EXPECT_TRUE(at::equal(foreign.at(attention + "key.weight"), whole.narrow(0, 16, 16)));
  EXPECT_TRUE(at::equal(foreign.at(attention + "value.weight"), whole.narrow(0, 32, 16)));
}

TEST(TensorNames, ClipTurnsItsProjectionAround) {
  const at::Tensor projection = at::arange(8 * 16).view({16, 8}).to(at::kFloat);
  const auto official =
      to_official({{"proj", projection}, {"class_embedding", at::ones({16})}}, NameStyle::clip);
  EXPECT_TRUE(at::equal(official.tensors.at("head.weight"), projection.t()));
  EXPECT_EQ(official.tensors.at("cls_token").sizes(), (at::IntArrayRef{1, 1, 16}));
}

TEST(TensorNames, AreReadWithAndWithoutAPrefixAndBetweenTheGenerations) {
  const runtime::NamedTensors official = network();
  for (const NameStyle style : {NameStyle::hugging_face_classic, NameStyle::hugging_face_current}) {
    for (const char* prefix : {"", "vit."}) {
      const auto foreign = to_hugging_face(official, style, prefix);
      EXPECT_TRUE(foreign.tensors.contains(std::string(prefix) + "embeddings.cls_token"));
      expect_equal(hugging_face_to_official(foreign.tensors).tensors, official);
    }
  }
  runtime::NamedTensors between;
  for (const auto& [name, tensor] :
       to_hugging_face(official, NameStyle::hugging_face_classic, "vit.").tensors) {
    const auto place = name.find("encoder.layer.");
    std::string moved = name;
    if (place != std::string::npos) moved.replace(place, 14, "layers.");
    between[moved] = tensor;
  }
  expect_equal(hugging_face_to_official(between).tensors, official);
  EXPECT_THROW(hugging_face_to_official(official), DataError);
}

TEST(TensorNames, LeaveOutWhatHasNoPlace) {
  runtime::NamedTensors foreign =
      to_hugging_face(network(), NameStyle::hugging_face_current, "").tensors;
  foreign["pooler.dense.weight"] = at::ones({16, 16});
  foreign["layers.0.layernorm_before.gain"] = at::ones({16});
  foreign["layers.x.layernorm_before.weight"] = at::ones({16});
  EXPECT_THAT(to_official(foreign, NameStyle::hugging_face_current).left_out,
              ElementsAre("layers.0.layernorm_before.gain", "layers.x.layernorm_before.weight",
                          "pooler.dense.weight"));
  EXPECT_THAT(from_official({{"reg_token", at::ones({1})}}, NameStyle::clip).left_out,
              ElementsAre("reg_token"));
}

TEST(TensorNames, NameWhatIsMissingOrDoesNotFit) {
  const runtime::NamedTensors whole =
      to_hugging_face(network(), NameStyle::hugging_face_current, "").tensors;
  const auto refusal = [](const runtime::NamedTensors& tensors) -> std::string {
    try {
      to_official(tensors, NameStyle::hugging_face_current);
    } catch (const DataError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(refusal(whole), "accepted");
  runtime::NamedTensors damaged = whole;
  damaged.erase("layers.1.attention.k_proj.bias");
  EXPECT_THAT(refusal(damaged), HasSubstr("blocks.1.attn.qkv.bias has no key part"));
  damaged = whole;
  damaged["layers.0.attention.v_proj.weight"] = at::ones({8, 16});
  EXPECT_THAT(
      refusal(damaged),
      HasSubstr("layers.0.attention.v_proj.weight is Float [8, 16], expected Float [16, 16]"));
  for (const char* part : {"q_proj", "k_proj", "v_proj"}) {
    damaged["layers.0.attention." + std::string(part) + ".weight"] = at::ones({});
  }
  EXPECT_THAT(refusal(damaged), HasSubstr("is [], expected 2 dimensions"));
  EXPECT_THROW(to_official({{"class_embedding", at::ones({1, 16})}}, NameStyle::clip), DataError);
  EXPECT_THROW(from_official({{"blocks.0.attn.qkv.weight", at::ones({16, 16})}},
                             NameStyle::hugging_face_clip),
               DataError);
}

}  // namespace
}  // namespace dbot::exchange
