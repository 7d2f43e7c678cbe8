// dbot bench: what it refuses, and the figures it gives.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/cli/support/program.h"

namespace dbot::cli_test {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;

void expect_refused(const std::vector<std::string>& arguments,
                    const std::vector<std::string>& words) {
  const Result result = dbot(arguments);
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_THAT(result.out, IsEmpty());
  for (const std::string& word : words) EXPECT_THAT(result.err, HasSubstr(word));
}

/// Stdout is one line, an object with these keys.
Json object_with(const Result& result, const std::vector<std::string>& keys) {
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out.find('\n') + 1, result.out.size()) << result.out;
  Json json = Json::parse(result.out, nullptr, /*allow_exceptions=*/false);
  EXPECT_TRUE(json.is_object()) << result.out;
  for (const std::string& key : keys) EXPECT_TRUE(json.contains(key)) << key;
  return json;
}

TEST(Bench, NamesArgumentsThatAreWrong) {
  expect_refused({"bench", "step", "dbot/quick", "--steps", "0"}, {"--steps", "0", "at least 1"});
  expect_refused({"bench", "ops", "--kernels", "sse"}, {"sse", "auto", "avx2"});
  expect_refused({"bench", "ops", "--rounds", "0"}, {"--rounds", "0", "at least 1"});
  expect_refused({"bench", "ops", "--filter", "convolution"},
                 {"--filter", "convolution", "attention forward"});
  expect_refused({"bench", "limits", "--threads", "-1"}, {"--threads", "-1", "4096"});
}

TEST(Bench, StepGivesFigures) {
  const Json json =
      object_with(dbot({"bench", "step", "dbot/quick", "--batch", "8", "--steps", "1", "--threads",
                        "1", "--set", "train.precision=fp32", "--json"}),
                  {"recipe", "precision", "threads", "kernels", "matrix_products",
                   "images_per_step", "steps", "seconds", "fastest_seconds", "slowest_seconds",
                   "flops_per_image", "model_flops_utilization", "peak_memory_bytes"});
  EXPECT_GT(json["images_per_second"], 0);
  EXPECT_EQ(json["images_per_step"], 8);
  EXPECT_EQ(json["precision"], "fp32") << "what the recipe says counts where no option does";
  EXPECT_EQ(json["threads"], 1);
}

TEST(Bench, StepsOfTextsAndRowsAreTimedToo) {
  const std::vector<std::vector<std::string>> all{
      {"meta/reuters", "--batch", "40", "--set", "text.words=200"},
      {"exssnet/text", "--batch", "4", "--set", "text.length=16", "--set", "model.filters=8"}};
  for (const std::vector<std::string>& recipe : all) {
    std::vector<std::string> words{"bench", "step"};
    words.insert(words.end(), recipe.begin(), recipe.end());
    words.insert(words.end(), {"--steps", "1", "--threads", "1", "--json"});
    const Json json = object_with(dbot(words), {"seconds", "flops_per_image"});
    EXPECT_GT(json["images_per_second"], 0) << recipe.front();
  }
}

TEST(Bench, StepOfOneOfSeveralProcessesUpdatesItsShare) {
  const std::vector<std::string> command{
      "bench",       "step", "dbot/quick", "--batch", "4",         "--set", "train.accumulate=4",
      "--processes", "4",    "--steps",    "1",       "--threads", "1"};
  std::vector<std::string> with_json = command;
  with_json.push_back("--json");
  const Json json = object_with(dbot(with_json), {"processes", "planned_memory_bytes"});
  EXPECT_EQ(json["images_per_step"], 4) << "one of four micro-batches";
  const auto trained = json["trained_parameters"].get<std::int64_t>();
  const auto updated = json["updated_parameters"].get<std::int64_t>();
  EXPECT_GT(updated, 0);
  EXPECT_LE(updated, trained / 2);
  EXPECT_THAT(dbot(command).out,
              AllOf(HasSubstr("one of 4 processes: 1 of 4 micro-batches"), HasSubstr("moments")));
  expect_refused({"bench", "step", "dbot/quick", "--set", "train.accumulate=3", "--processes", "2"},
                 {"train.accumulate 3", "2 processes", "train.accumulate=4"});
  expect_refused({"bench", "step", "dbot/quick", "--processes", "0"}, {"--processes", "0"});
}

TEST(Bench, OpsGivesFiguresOfTheRowsAskedFor) {
  const std::vector<std::string> command{
      "bench",     "ops", "--filter",    "LayerNorm, dbot/tiny-32, visible",
      "--threads", "1",   "--precision", "fp32",
      "--rounds",  "1"};
  std::vector<std::string> with_json = command;
  with_json.emplace_back("--json");
  const Json json =
      object_with(dbot(with_json), {"precision", "threads", "kernels", "rounds", "operations"});
  ASSERT_EQ(json["operations"].size(), 2U);
  for (const Json& row : json["operations"]) {
    EXPECT_EQ(row["network"], "dbot/tiny-32, visible tokens");
    EXPECT_EQ(row["shape"], "64 x 17 x 192");
    for (const char* key : {"seconds", "reference_seconds", "ratio", "bytes_per_second"}) {
      EXPECT_GT(row[key], 0) << key;
    }
    EXPECT_TRUE(row["flops_per_second"].is_null());
  }
  const Result table = dbot(command);
  EXPECT_EQ(table.exit_code, 0) << table.err;
  for (const char* text : {"operation", "ratio", "residual + LayerNorm", "GB/s"}) {
    EXPECT_THAT(table.out, HasSubstr(text));
  }
}

TEST(Bench, LimitsGivesFigures) {
  const Json json = object_with(dbot({"bench", "limits", "--threads", "1", "--json"}),
                                {"processor", "instruction_set", "kernels", "cores", "memory_bytes",
                                 "libtorch", "product_shape"});
  EXPECT_EQ(json["threads"], 1);
  ASSERT_FALSE(json["products"].empty());
  EXPECT_EQ(json["products"][0]["precision"], "fp32");
  EXPECT_EQ(json["products"][0]["kernels"], "reference");
  for (const Json& product : json["products"]) EXPECT_GT(product["flops_per_second"], 0);
  ASSERT_EQ(json["memory"].size(), 2U);
  for (const Json& memory : json["memory"]) EXPECT_GT(memory["bytes_per_second"], 0);
}

TEST(DataBench, GivesFiguresOfAFolderAndRefusesWhatIsWrong) {
  const std::vector<std::string> command{"data",
                                         "bench",
                                         "tests/data/fixtures/codecs",
                                         "--set",
                                         "data.max_bad_fraction=0.5",
                                         "--set",
                                         "data.blur=1",
                                         "--batch",
                                         "8",
                                         "--images",
                                         "16",
                                         "--workers",
                                         "2"};
  std::vector<std::string> with_json = command;
  with_json.emplace_back("--json");
  const Json json = object_with(dbot(with_json), {"images", "bottleneck", "bytes_per_image"});
  EXPECT_EQ(json["workers"], 2);
  EXPECT_EQ(json["batch"], 8);
  for (const char* key : {"images_per_second", "cached_images_per_second",
                          "synthetic_images_per_second", "decode_seconds", "resize_seconds",
                          "transform_seconds", "normalise_seconds", "decode_whole_seconds"}) {
    EXPECT_GT(json[key], 0) << key;
  }
  const Result table = dbot(command);
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("from files"));
  expect_refused({"data", "bench", "tests/data/fixtures", "--workers", "1025"},
                 {"--workers", "1025"});
  EXPECT_EQ(dbot({"data", "bench", "nowhere"}).exit_code, 3);
}

}  // namespace
}  // namespace dbot::cli_test
