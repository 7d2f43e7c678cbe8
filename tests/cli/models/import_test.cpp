// Weights of other tools, as users bring them in.
#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>

#include "tests/cli/support/program.h"

namespace dbot::cli_test {
namespace {

using Json = nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

const std::string kCheckpoint = "tests/golden/mae/checkpoint_mae.pth";

Json last_line(const Result& result) {
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return Json::parse(result.out);
}

TEST(Import, TakesTheEncoderAndSaysWhatItLeft) {
  const TemporaryFolder folder;
  const std::string out = folder / "encoder.safetensors";
  const Result result = dbot({"import", kCheckpoint, "--out", out, "--heads", "2"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("PyTorch zip, official names, below model"),
                                HasSubstr("model.blocks.0…1.attn.qkv.weight"),
                                HasSubstr("decoder_blocks ("), HasSubstr("optimizer (")));
  const Json inspected = last_line(dbot({"inspect", out, "--json"}));
  EXPECT_EQ(inspected["container"], "safetensors");
  EXPECT_EQ(inspected["metadata"]["dbot.config"]["heads"], 2);
  EXPECT_EQ(inspected["metadata"]["dbot.config"]["depth"], 2);

  EXPECT_EQ(dbot({"import", kCheckpoint, "--out", out, "--heads", "2"}).exit_code, 2);
  const Json json =
      last_line(dbot({"import", kCheckpoint, "--out", out, "--heads", "2", "--force", "--json"}));
  EXPECT_EQ(json["key"], "model");
  EXPECT_EQ(json["config"]["width"], 16);
  EXPECT_EQ(json["mapped"]["cls_token"], Json::parse(R"(["model.cls_token"])"));
}

TEST(Import, EveryFormOfTheSameWeightsGivesTheSameFile) {
  const TemporaryFolder folder;
  std::string first;
  for (const char* source :
       {"checkpoint_mae.pth", "checkpoint_mae_legacy.pth", "encoder_only.pth", "raw_state_dict.pth",
        "checkpoint_mae.hf.safetensors", "checkpoint_mae.timm.safetensors"}) {
    const std::string out = folder / std::string(source) + ".safetensors";
    const Result result =
        dbot({"import", std::string("tests/golden/mae/") + source, "--out", out, "--heads", "2"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    // Each names the file that it came from by its checksum.
    const std::string text =
        std::regex_replace(read_file(out), std::regex(R"(sha256\\":\\"[0-9a-f]{64})"), "sha256");
    EXPECT_LT(text.size(), read_file(out).size()) << "no origin";
    if (first.empty()) first = text;
    EXPECT_TRUE(text == first) << source;
  }
}

TEST(Import, RefusesWithTheReasonAndLeavesNothing) {
  const TemporaryFolder folder;
  const std::string out = folder / "out.safetensors";
  const std::string hostile = folder / "hostile.pth";
  write_file(hostile,
             "\x80\x02"
             "cos\nsystem\n(S'true'\ntR.");
  const auto expect = [&](const std::vector<std::string>& arguments, int code,
                          const std::string& words) {
    const Result result = dbot(arguments);
    EXPECT_EQ(result.exit_code, code) << result.err;
    EXPECT_THAT(result.err, HasSubstr(words));
    EXPECT_FALSE(std::filesystem::exists(out));
  };
  expect({"import", hostile, "--out", out}, 3, "\"os.system\"");
  expect({"import", folder / "gone.pth", "--out", out}, 3, "gone.pth");
  expect({"import", kCheckpoint, "--out", out}, 3, "name it by --heads");
  expect({"import", kCheckpoint, "--out", out, "--heads", "3"}, 3, "heads is 3");
  expect({"import", kCheckpoint, "--out", out, "--heads", "0"}, 2, "--heads is 0");
  expect({"import", kCheckpoint, "--out", out, "--heads", "2", "--key", "none"}, 3, "below none");
  expect({"import", kCheckpoint, "--out", out, "--image-size", "8x"}, 2, "--image-size is 8x");
  expect({"import", kCheckpoint, "--out", out, "--heads", "2", "--image-size", "8x16"}, 3,
         "pos_embed is Float [1, 5, 16]");
  expect({"import", kCheckpoint, "--out", folder / "out.pth"}, 2, ".safetensors");
  expect({"import", kCheckpoint, "--out", folder / "none/out.safetensors"}, 2, "does not exist");
}

TEST(Import, InspectShowsTorchFiles) {
  const Json json = last_line(dbot({"inspect", kCheckpoint, "--json"}));
  EXPECT_EQ(json["kind"], "weights");
  EXPECT_EQ(json["container"], "PyTorch zip");
  EXPECT_EQ(json["values"]["epoch"], 1);
  EXPECT_EQ(json["values"]["args"]["model"], "mae_vit_base_patch16");
  const Result text = dbot({"inspect", "tests/formats/fixtures/skipped.pth"});
  EXPECT_THAT(text.out, AllOf(HasSubstr("args: {"), HasSubstr("not read: unread.quantised")));
}

}  // namespace
}  // namespace dbot::cli_test
