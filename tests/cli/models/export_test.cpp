// dbot export: what it takes, what it refuses, what it says.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/cli/support/tiny_run.h"

namespace dbot::cli_test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Export : public testing::Test {
 protected:
  void SetUp() override {
    const Result run = shop_.pretrain("run", {"--steps", "2"});
    ASSERT_EQ(run.exit_code, 0) << run.err;
  }

  Result exported(const std::string& format, const std::string& out,
                  const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"export", shop_.folder / "run", "--format", format,
                                   "--out",  shop_.folder / out};
    words.insert(words.end(), more.begin(), more.end());
    return dbot(words);
  }

  void expect_refused(const Result& result, const std::string& part) const {
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_THAT(result.err, HasSubstr(part));
  }

  Workshop shop_;
};

TEST_F(Export, WritesEveryFormatAndSaysHowToLoadIt) {
  for (const auto& [format, out] :
       std::vector<std::pair<std::string, std::string>>{{"safetensors", "w.safetensors"},
                                                        {"pth", "w.pth"},
                                                        {"timm", "timm.safetensors"},
                                                        {"mae", "mae.pth"},
                                                        {"dbot", "dbot.pth"},
                                                        {"huggingface", "hf"},
                                                        {"huggingface-mae", "hf-mae"},
                                                        {"onnx", "vit.onnx"}}) {
    const Result result = exported(format, out, {"--json"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const auto json = nlohmann::json::parse(result.out);
    EXPECT_EQ(json["format"], format);
    EXPECT_EQ(json["out"], shop_.folder / out);
    EXPECT_GT(json["tensors"], 10) << format;
    EXPECT_GT(json["bytes"], 10000) << format;
    EXPECT_THAT(json["snippet"].get<std::string>(), HasSubstr("import")) << format;
    EXPECT_TRUE(fs::exists(shop_.folder / out)) << format;
  }
}

TEST_F(Export, StdoutIsAProgramThatOpensAnImage) {
  const Result result = exported("timm", "timm.pth");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, testing::StartsWith("# "));
  EXPECT_THAT(result.out, HasSubstr("timm.pth: "));
  EXPECT_THAT(result.out, HasSubstr("\nmodel.load_state_dict(torch.load("));
  EXPECT_THAT(result.out, HasSubstr("Image.open(\"image.jpg\")"));
  EXPECT_THAT(result.err, testing::Not(HasSubstr("import")));
}

TEST_F(Export, TheDecoderComesFromARun) {
  const Result result = exported("dbot", "dbot.pth", {"--with-decoder", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto whole = nlohmann::json::parse(result.out)["tensors"].get<int>();
  const auto encoder = nlohmann::json::parse(exported("pth", "e.pth", {"--json"}).out);
  EXPECT_GT(whole, encoder["tensors"].get<int>());

  expect_refused(dbot({"export", shop_.folder / "run/model.safetensors", "--format", "dbot",
                       "--out", shop_.folder / "d.pth", "--with-decoder"}),
                 "is a file of weights");
  expect_refused(exported("mae", "m.pth", {"--with-decoder"}), "--format dbot has");
  expect_refused(exported("timm", "t.pth", {"--with-decoder"}), "leave out --with-decoder");
  expect_refused(exported("huggingface-mae", "h", {"--with-decoder"}), "ViTMAEModel");
}

TEST_F(Export, ReplacesNothingUnasked) {
  write_file(shop_.folder / "w.pth", "mine");
  expect_refused(exported("pth", "w.pth"), "--force");
  EXPECT_EQ(read_file(shop_.folder / "w.pth"), "mine");
  EXPECT_EQ(exported("pth", "w.pth", {"--force"}).exit_code, 0);
  EXPECT_GT(read_file(shop_.folder / "w.pth").size(), 1000U);

  fs::create_directory(shop_.folder.path() / "hf");
  EXPECT_EQ(exported("huggingface", "hf").exit_code, 0);
  expect_refused(exported("huggingface", "hf"), "is not empty");
  write_file(shop_.folder / "hf/notes.txt", "mine");
  EXPECT_EQ(exported("huggingface", "hf", {"--force"}).exit_code, 0);
  EXPECT_EQ(read_file(shop_.folder / "hf/notes.txt"), "mine");
  expect_refused(exported("huggingface", "w.pth"), "is a file");

  write_file(shop_.folder / "v.onnx.data", "mine");
  expect_refused(exported("onnx", "v.onnx", {"--external-data"}), "v.onnx.data is there already");
}

TEST_F(Export, AStopLeavesNothingBehind) {
  const fs::path out = shop_.folder / "stopped";
  fs::create_directory(out);
  for (const auto& [format, name] : std::vector<std::pair<std::string, std::string>>{
           {"timm", "timm.pth"}, {"huggingface", "hf"}, {"onnx", "vit.onnx"}}) {
    const Result result = dbot_interrupted(
        {"export", shop_.folder / "run", "--format", format, "--out", (out / name).string()});
    EXPECT_EQ(result.exit_code, 75) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr("stopped on request; nothing was written"));
    EXPECT_TRUE(fs::is_empty(out)) << format;
  }
}

TEST_F(Export, RefusesWhatItCannotDo) {
  expect_refused(exported("keras", "w.keras"), "expected one of safetensors");
  expect_refused(exported("onnx", "w.pth"), "ends in .onnx");
  expect_refused(exported("pth", "nowhere/w.pth"), "does not exist");
  expect_refused(exported("pth", "w.pth", {"--pixels", "bytes"}), "is for --format onnx");
  expect_refused(exported("onnx", "v.onnx", {"--pixels", "grey"}), "normalised, unit or bytes");
  for (const char* size : {"0", "8x", "x8", "8x8x8", "-8", "9000", "8.5", "9999999999999999999"}) {
    expect_refused(exported("timm", "w.pth", {"--image-size", size}), "--image-size is");
  }
  expect_refused(exported("timm", "w.pth", {"--image-size", "9"}), "patch_size");
  EXPECT_FALSE(fs::exists(shop_.folder / "w.pth"));
  const Result missing = dbot(
      {"export", shop_.folder / "nothing", "--format", "pth", "--out", shop_.folder / "w.pth"});
  EXPECT_EQ(missing.exit_code, 3) << missing.err;
}

}  // namespace
}  // namespace dbot::cli_test
