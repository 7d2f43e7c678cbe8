#include "dbot/eval/frozen/embedding.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/exchange/tensor_file.h"
#include "tests/core/temporary_folder.h"
#include "tests/eval/frozen/samples.h"

namespace dbot::eval {
namespace {

class NamedDataset final : public data::Dataset {
 public:
  std::int64_t size() const override { return 3; }
  void read(std::int64_t, data::Sample&) const override {
    throw DataError({.fault = Fault::other, .reason = "not for reading"});
  }
  std::int64_t label(std::int64_t) const override { return 0; }
  std::string name(std::int64_t index) const override { return names_.at(index); }
  const std::vector<std::string>& classes() const override { return classes_; }

 private:
  std::vector<std::string> names_{"a,b.png", "unread.png", "new\nline\\.png"};
  std::vector<std::string> classes_{"cat", "\"big\" dog"};
};

// The middle sample could not be read.
Features features(std::vector<std::int64_t> classes) {
  return {.kinds = {{"cls", matrix(2, 2, {1, 0.1F, -2.5F, 1e-20F})},
                    {"mean", matrix(2, 2, {5, 6, 7, 8})}},
          .labels = labels(std::move(classes)),
          .indices = {0, 2}};
}

TEST(Embedding, ThatIsNotFiniteIsNotWritten) {
  const test::TemporaryFolder folder;
  using Write = void (*)(const std::filesystem::path&, const Features&);
  const Write binary = [](const std::filesystem::path& path, const Features& rows) {
    write_embedding(path, rows, NamedDataset());
  };
  const Write table = [](const std::filesystem::path& path, const Features& rows) {
    write_embedding_csv(path, rows, "mean", NamedDataset());
  };
  for (const float bad : {std::nanf(""), HUGE_VALF}) {
    Features broken = features({0, 1});
    broken.kinds["mean"] = matrix(2, 2, {5, 6, 7, bad});
    for (const Write write : {binary, table}) {
      try {
        write(folder / "out", broken);
        FAIL() << "written";
      } catch (const DataError& error) {
        EXPECT_EQ(error.fields().subject, NamedDataset().name(2));
      }
      EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
    }
  }
}

TEST(Embedding, StandsBesideTheNamesOfItsRows) {
  const test::TemporaryFolder folder;
  const auto path = folder / "out.safetensors";
  write_embedding(path, features({1, -1}), NamedDataset());
  const auto file = exchange::read_tensor_file(path);
  EXPECT_EQ(file.tensors.size(), 3U);
  EXPECT_TRUE(at::equal(file.tensors.at("cls"), features({0, 0}).of("cls")));
  EXPECT_TRUE(at::equal(file.tensors.at("mean"), features({0, 0}).of("mean")));
  EXPECT_TRUE(at::equal(file.tensors.at("labels"), labels({1, -1})));
  EXPECT_EQ(file.metadata.at("classes"), "[\"cat\",\"\\\"big\\\" dog\"]");
  EXPECT_EQ(core::read_text_file(names_path(path)), "a,b.png\nnew\\nline\\\\.png\n");
}

TEST(Embedding, HasNoLabelsWithoutAny) {
  const test::TemporaryFolder folder;
  write_embedding(folder / "out", features({-1, -1}), NamedDataset());
  const auto file = exchange::read_tensor_file(folder / "out");
  EXPECT_FALSE(file.tensors.contains("labels"));
  EXPECT_FALSE(file.metadata.contains("classes"));
}

TEST(Embedding, IsATableForPeople) {
  const test::TemporaryFolder folder;
  write_embedding_csv(folder / "out.csv", features({1, -1}), "cls", NamedDataset());
  EXPECT_EQ(core::read_text_file(folder / "out.csv"),
            "name,label,f0,f1\n"
            "\"a,b.png\",\"\"\"big\"\" dog\",1,0.1\n"
            "\"new\nline\\.png\",,-2.5,1e-20\n");
  write_embedding_csv(folder / "first.csv", features({0, -1}), "cls", NamedDataset());
  EXPECT_THAT(core::read_text_file(folder / "first.csv"),
              testing::HasSubstr("\"a,b.png\",cat,1,0.1\n"));
}

TEST(Embedding, SaysWhereItCannotWrite) {
  const test::TemporaryFolder folder;
  EXPECT_THROW(write_embedding(folder / "no/out", features({0, 0}), NamedDataset()), Error);
}

}  // namespace
}  // namespace dbot::eval
