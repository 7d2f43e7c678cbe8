#include "dbot/formats/safetensors/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/core/random.h"
#include "tests/core/temporary_folder.h"
#include "tests/formats/bytes.h"

namespace dbot::formats {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;
using test_bytes::bytes_of;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void expect_same(const SafetensorsFile& file, const std::vector<TensorBytes>& tensors) {
  ASSERT_EQ(file.tensors().size(), tensors.size());
  for (const TensorBytes& tensor : tensors) {
    const TensorBytes* read = file.find(tensor.name);
    ASSERT_NE(read, nullptr) << tensor.name;
    EXPECT_EQ(read->name, tensor.name);
    EXPECT_EQ(read->type, tensor.type);
    EXPECT_EQ(read->shape, tensor.shape);
    EXPECT_EQ(text_of(read->data), text_of(tensor.data));
  }
}

TEST(Safetensors, GivesBackWhatWasWritten) {
  const TemporaryFolder folder;
  const std::map<std::string, std::string> metadata{{"format", "pt"}, {"ü \"\n", "→\\"}};
  const std::vector<TensorBytes> tensors{
      {"z.weight", ElementType::float32, {2, 3}, bytes_of("abcdefghijklmnopqrstuvwx")},
      {"empty", ElementType::int64, {4, 0}, {}},
      {"a \"quoted\" ü", ElementType::boolean, {3}, bytes_of({"\1\0\1", 3})},
      {"scalar", ElementType::bfloat16, {}, bytes_of("xy")}};
  for (const bool replace : {true, false}) {
    write_safetensors(folder / "file", metadata, tensors, replace);
    SafetensorsFile file = SafetensorsFile::open(folder / "file");
    EXPECT_EQ(file.metadata(), metadata);
    expect_same(file, tensors);
    EXPECT_EQ(file.find("missing"), nullptr);
    const SafetensorsFile moved = std::move(file);
    expect_same(moved, tensors);
  }
}

TEST(Safetensors, DataBeginAlignedAndFollowTheGivenOrder) {
  const TemporaryFolder folder;
  std::string name = "n";
  for (int i = 0; i < 70; ++i, name += 'n') {
    const std::vector<TensorBytes> tensors{{name, ElementType::uint8, {3}, bytes_of("zzz")},
                                           {"a", ElementType::uint8, {2}, bytes_of("aa")}};
    write_safetensors(folder / "file", {}, tensors);
    const std::string content = core::read_text_file(folder / "file");
    EXPECT_EQ(content.size() % 64, 5u);
    EXPECT_EQ(content.substr(content.size() - 5), "zzzaa");
    EXPECT_EQ(SafetensorsFile::open(folder / "file").tensors().at(0).name, name);
  }
}

// The layout is the format's, byte for byte; whoever compares files relies on it.
TEST(Safetensors, BytesAreFrozen) {
  const TemporaryFolder folder;
  const std::vector<TensorBytes> tensors{{"b", ElementType::int16, {1, 2}, bytes_of("wxyz")}};
  write_safetensors(folder / "file", {{"k", "v"}}, tensors);
  std::string header =
      R"({"__metadata__":{"k":"v"},"b":{"dtype":"I16","shape":[1,2],"data_offsets":[0,4]}})";
  header.resize(120, ' ');
  EXPECT_EQ(core::read_text_file(folder / "file"),
            std::string("\x78\0\0\0\0\0\0\0", 8) + header + "wxyz");
}

TEST(Safetensors, AFileWithoutTensorsIsAFile) {
  const TemporaryFolder folder;
  write_safetensors(folder / "file", {}, {});
  EXPECT_TRUE(SafetensorsFile::open(folder / "file").tensors().empty());
}

TEST(Safetensors, RandomTensorsRoundTrip) {
  const TemporaryFolder folder;
  core::Random random({.seed = 1});
  for (int round = 0; round < 60; ++round) {
    std::vector<TensorBytes> tensors(random.below(12));
    std::vector<std::string> data(tensors.size());
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      TensorBytes& tensor = tensors[i];
      tensor.name = "tensor." + std::to_string(random.below(1000)) + "." + std::to_string(i);
      tensor.type = static_cast<ElementType>(random.below(13));
      std::size_t bytes = element_size(tensor.type);
      for (std::uint64_t rank = random.below(5); rank > 0; --rank) {
        tensor.shape.push_back(static_cast<std::int64_t>(random.below(6)));
        bytes *= static_cast<std::size_t>(tensor.shape.back());
      }
      for (; bytes > 0; --bytes) data[i] += static_cast<char>(random.next());
      tensor.data = bytes_of(data[i]);
    }
    write_safetensors(folder / "file", {}, tensors);
    expect_same(SafetensorsFile::open(folder / "file"), tensors);
    ASSERT_FALSE(HasFailure()) << "round " << round;
  }
}

TEST(Safetensors, TypesHaveTheFormatsNamesAndSizes) {
  EXPECT_EQ(element_name(ElementType::float64), "F64");
  EXPECT_EQ(element_name(ElementType::bfloat16), "BF16");
  EXPECT_EQ(element_name(ElementType::uint64), "U64");
  EXPECT_EQ(element_name(ElementType::boolean), "BOOL");
  EXPECT_EQ(element_size(ElementType::float16), 2u);
  EXPECT_EQ(element_size(ElementType::int64), 8u);
  EXPECT_EQ(element_size(ElementType::boolean), 1u);
}

TEST(SafetensorsWrite, RefusesWhatItCouldNotReadBackAndKeepsTheOldFile) {
  const TemporaryFolder folder;
  const fs::path path = folder / "file";
  write_safetensors(path, {{"old", "file"}}, {});
  const TensorBytes good{"a", ElementType::uint8, {2}, bytes_of("xy")};
  TensorBytes reserved = good, short_data = good, negative = good, not_utf8 = good;
  reserved.name = "__metadata__";
  short_data.shape = {3};
  negative.shape = {-1, -2};
  not_utf8.name = "\xff";
  const auto refused = [&](std::vector<TensorBytes> tensors, const char* message) {
    EXPECT_THAT([&] { write_safetensors(path, {}, tensors); },
                ThrowsMessage<Error>(testing::AllOf(HasSubstr(path.string()), HasSubstr(message))));
  };
  refused({good, good}, "given twice");
  refused({reserved}, "reserved");
  refused({short_data}, "2 bytes of data, which do not fill U8 [3]");
  refused({negative}, "do not fill");
  refused({not_utf8}, "UTF-8");
  EXPECT_THROW(write_safetensors(path, {{"k", "\xff"}}, {}), Error);
  EXPECT_EQ(SafetensorsFile::open(path).metadata().at("old"), "file");
}

// Files of the official writer, made by the reference implementations.
TEST(Safetensors, ReadsTheGoldenFiles) {
  const char* given = std::getenv("DBOT_GOLDEN_DIR");
  const fs::path folder = given ? given : "tests/golden";
  std::size_t files = 0;
  if (fs::is_directory(folder)) {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.path().extension() != ".safetensors") continue;
      ++files;
      SCOPED_TRACE(entry.path().string());
      ASSERT_NO_THROW({
        const SafetensorsFile file = SafetensorsFile::open(entry.path());
        EXPECT_FALSE(file.tensors().empty());
        for (const TensorBytes& tensor : file.tensors()) {
          EXPECT_EQ(file.find(tensor.name), &tensor);
        }
      });
    }
  }
  if (files == 0) GTEST_SKIP() << "no golden files under " << folder;
}

}  // namespace
}  // namespace dbot::formats
