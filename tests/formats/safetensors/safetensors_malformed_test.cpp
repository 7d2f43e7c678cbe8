#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/core/random.h"
#include "dbot/formats/safetensors/safetensors.h"
#include "tests/core/temporary_folder.h"

namespace dbot::formats {
namespace {

using test::TemporaryFolder;
using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

// Without the fsync of core/files, which thousands of small files would wait for.
void write(const std::filesystem::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

std::string length_prefix(std::uint64_t length) {
  std::string text;
  for (int i = 0; i < 8; ++i) text += static_cast<char>(length >> (8 * i) & 0xFF);
  return text;
}

/// A file with that header, its right length, and that many bytes of data.
std::string file_of(const std::string& header, std::size_t data) {
  return length_prefix(header.size()) + header + std::string(data, 'd');
}

/// The header of one tensor.
std::string tensor(const std::string& name, const std::string& dtype, const std::string& shape,
                   const std::string& offsets) {
  return "\"" + name + R"(":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" +
         offsets + "}";
}

struct Malformed {
  std::string name;
  std::string content;
  std::string message;  // part of it
};

class SafetensorsMalformed : public testing::TestWithParam<Malformed> {};

TEST_P(SafetensorsMalformed, IsADataErrorThatNamesFileAndFault) {
  const TemporaryFolder folder;
  write(folder / "bad.safetensors", GetParam().content);
  EXPECT_THAT([&] { SafetensorsFile::open(folder / "bad.safetensors"); },
              ThrowsMessage<DataError>(AllOf(HasSubstr((folder / "bad.safetensors").string()),
                                             HasSubstr(GetParam().message))));
}

std::vector<Malformed> malformed_files() {
  const std::string a = tensor("a", "U8", "[4]", "[0,4]");
  const std::string three = "[4611686018427387904,4611686018427387904,0]";
  std::string deep = "{\"a\":", many = "[1";
  for (int i = 0; i < 100000; ++i) deep += "[", many += ",1";
  return {
      {"empty", "", "it has 0 bytes, expected at least 8"},
      {"seven_bytes", std::string(7, '\0'), "it has 7 bytes"},
      {"no_header", length_prefix(0), "does not begin with"},
      {"header_longer_than_file", length_prefix(3) + "{}", "the header's length is 3, expected at"},
      {"huge_header", length_prefix(~std::uint64_t{0}) + "{}",
       "header's length is 1844674407370955"},
      {"text_file", "this is no tensor file at all\n", "is no safetensors file"},
      {"not_json", file_of("{\"a\"", 0), "not JSON at byte"},
      {"leading_blank", file_of(" {}", 0), "does not begin with"},
      {"array", file_of("[]", 0), "does not begin with"},
      {"trailing_text", file_of("{}x", 0), "not JSON"},
      {"trailing_zero_bytes", file_of(std::string("{}\0\0", 4), 0), "has a zero byte"},
      {"bad_utf8", file_of("{\"\xff\":1}", 0), "not JSON"},
      {"deep_nesting", file_of(deep, 0), "has a list for \"a\""},
      {"number_for_tensor", file_of("{\"a\":1}", 0), "has a number for \"a\", expected an object"},
      {"null_for_tensor", file_of("{\"a\":null}", 0), "has null for \"a\""},
      {"metadata_number", file_of("{\"__metadata__\":{\"k\":1}}", 0),
       "has a number for \"k\" in __metadata__, expected a text"},
      {"metadata_nested", file_of("{\"__metadata__\":{\"k\":{}}}", 0), "has an object for \"k\""},
      {"metadata_text", file_of("{\"__metadata__\":\"k\"}", 0), "has a text for \"__metadata__\""},
      {"metadata_twice", file_of("{\"__metadata__\":{},\"__metadata__\":{}}", 0), "twice"},
      {"metadata_key_twice", file_of("{\"__metadata__\":{\"k\":\"\",\"k\":\"\"}}", 0),
       "\"k\" twice"},
      {"duplicate_names", file_of("{" + a + "," + a + "}", 4), "has \"a\" twice"},
      {"duplicate_field",
       file_of(R"({"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}})", 0),
       "has \"dtype\" twice"},
      {"unknown_field", file_of(R"({"a":{"dtype":"U8","shape":[0],"offsets":[0,0]}})", 0),
       "unknown entry \"offsets\""},
      {"missing_dtype", file_of(R"({"a":{"shape":[0],"data_offsets":[0,0]}})", 0),
       "tensor \"a\": dtype is missing"},
      {"missing_shape", file_of(R"({"a":{"dtype":"U8","data_offsets":[0,0]}})", 0),
       "shape is missing"},
      {"missing_offsets", file_of(R"({"a":{"dtype":"U8","shape":[0]}})", 0),
       "data_offsets is missing"},
      {"unknown_dtype", file_of("{" + tensor("a", "F3", "[4]", "[0,4]") + "}", 4),
       "dtype is \"F3\""},
      {"dtype_number", file_of(R"({"a":{"dtype":4,"shape":[0],"data_offsets":[0,0]}})", 0),
       "dtype is or has a number, expected a text"},
      {"dtype_list", file_of(R"({"a":{"dtype":["U8"],"shape":[0],"data_offsets":[0,0]}})", 0),
       "dtype is or has a list"},
      {"shape_text", file_of("{" + tensor("a", "U8", "\"4\"", "[0,4]") + "}", 4),
       "shape is or has a text, expected a list of integers"},
      {"shape_nested", file_of("{" + tensor("a", "U8", "[[4]]", "[0,4]") + "}", 4),
       "shape is or has a list"},
      {"shape_object", file_of("{" + tensor("a", "U8", "{}", "[0,4]") + "}", 4),
       "shape is or has an object"},
      {"shape_fraction", file_of("{" + tensor("a", "U8", "[4.0]", "[0,4]") + "}", 4),
       "shape is or has 4.0"},
      {"shape_negative", file_of("{" + tensor("a", "U8", "[-4]", "[0,4]") + "}", 4),
       "shape has -4"},
      {"shape_both_negative", file_of("{" + tensor("a", "U8", "[-2,-2]", "[0,4]") + "}", 4),
       "shape has -2"},
      {"shape_too_large",
       file_of("{" + tensor("a", "U8", "[9223372036854775808]", "[0,4]") + "}", 4),
       "extent 9223372036854775808"},
      {"shape_beyond_64_bits",
       file_of("{" + tensor("a", "U8", "[99999999999999999999]", "[0,4]") + "}", 4),
       "shape is or has"},
      {"shape_overflow", file_of("{" + tensor("a", "U8", three, "[0,0]") + "}", 0),
       "more elements than 64 bits count"},
      {"size_overflow",
       file_of("{" + tensor("a", "F64", "[2305843009213693952]", "[0,0]") + "}", 0),
       "more elements than 64 bits count"},
      {"many_dimensions", file_of("{" + tensor("a", "U8", many + "]", "[0,1]") + "}", 1),
       "more than 64 dimensions"},
      {"offsets_three", file_of("{" + tensor("a", "U8", "[4]", "[0,4,4]") + "}", 4),
       "more than two"},
      {"offsets_one", file_of("{" + tensor("a", "U8", "[4]", "[4]") + "}", 4), "fewer than two"},
      {"offsets_negative", file_of("{" + tensor("a", "U8", "[4]", "[-4,0]") + "}", 4),
       "data_offsets has -4"},
      {"offsets_descending", file_of("{" + tensor("a", "U8", "[4]", "[4,0]") + "}", 4),
       "data_offsets are [4, 0], expected an ascending pair"},
      {"offsets_outside", file_of("{" + tensor("a", "U8", "[5]", "[0,5]") + "}", 4),
       "within the 4 bytes of data"},
      {"offsets_huge",
       file_of("{" + tensor("a", "U8", "[4]", "[18446744073709551612,18446744073709551615]") + "}",
               4),
       "expected an ascending pair"},
      {"wrong_length", file_of("{" + tensor("a", "F32", "[4]", "[0,4]") + "}", 4),
       "span 4 bytes, expected 16 for F32 [4]"},
      {"overlap", file_of("{" + a + "," + tensor("b", "U8", "[4]", "[2,6]") + "}", 6),
       "tensor \"b\" begins at byte 2 of the data, expected 4: it overlaps"},
      {"same_place", file_of("{" + a + "," + tensor("b", "U8", "[4]", "[0,4]") + "}", 4),
       "overlaps"},
      {"gap", file_of("{" + a + "," + tensor("b", "U8", "[4]", "[5,9]") + "}", 9), "leaves a gap"},
      {"gap_at_the_start", file_of("{" + tensor("a", "U8", "[4]", "[1,5]") + "}", 5),
       "leaves a gap"},
      {"not_covering", file_of("{" + a + "}", 5), "cover 4 bytes, but 5 bytes of data follow"},
      {"data_without_tensors", file_of("{}", 1), "cover 0 bytes, but 1 bytes"},
      {"truncated", file_of("{" + a + "}", 3), "within the 3 bytes of data"},
  };
}

INSTANTIATE_TEST_SUITE_P(Files, SafetensorsMalformed, testing::ValuesIn(malformed_files()),
                         [](const auto& information) { return information.param.name; });

TEST(SafetensorsOpen, MissingFilesFoldersAndPipesAreDataErrors) {
  const TemporaryFolder folder;
  EXPECT_THAT([&] { SafetensorsFile::open(folder / "missing"); },
              ThrowsMessage<DataError>(HasSubstr("missing: cannot open it: No such file")));
  EXPECT_THAT([&] { SafetensorsFile::open(folder.path()); },
              ThrowsMessage<DataError>(HasSubstr("not a regular file")));
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_THAT([&] { SafetensorsFile::open(folder / "pipe"); },
              ThrowsMessage<DataError>(HasSubstr("not a regular file")));
}

TEST(SafetensorsOpen, MessagesAreShortAndPrintable) {
  const TemporaryFolder folder;
  const std::string name = "\\u001b[31m" + std::string(100000, 'n');
  write(folder / "bad", file_of("{\"" + name + "\":1}", 0));
  try {
    SafetensorsFile::open(folder / "bad");
    FAIL() << "a number for a tensor was accepted";
  } catch (const DataError& error) {
    EXPECT_LT(std::string(error.what()).size(), 500u);
    EXPECT_EQ(std::string(error.what()).find('\x1b'), std::string::npos);
  }
}

/// A file with metadata, two tensors and an empty one.
std::string good_file(const TemporaryFolder& folder) {
  static constexpr std::string_view data = "0123456789abcdef";
  const auto bytes = std::as_bytes(std::span(data.data(), data.size()));
  const std::vector<TensorBytes> tensors{
      {"encoder.weight", ElementType::float32, {2, 1}, bytes.first(8)},
      {"empty", ElementType::int8, {0, 3}, {}},
      {"encoder.bias", ElementType::uint16, {4}, bytes.last(8)}};
  write_safetensors(folder / "good", {{"key", "value"}}, tensors);
  return core::read_text_file(folder / "good");
}

TEST(SafetensorsOpen, AFileCutShortAnywhereIsADataError) {
  const TemporaryFolder folder;
  const std::string good = good_file(folder);
  for (std::size_t length = 0; length < good.size(); ++length) {
    write(folder / "cut", good.substr(0, length));
    EXPECT_THROW(SafetensorsFile::open(folder / "cut"), DataError) << length << " bytes";
  }
}

// A damaged file is refused, or, where the damage is in names or data, read within its bounds.
TEST(SafetensorsOpen, DamagedFilesNeverLeaveTheirBounds) {
  const TemporaryFolder folder;
  const std::string good = good_file(folder);
  constexpr std::string_view likely = "{}[]\",:0123456789-eE. \\\xff";
  core::Random random({.seed = 1});
  int refused = 0;
  for (int round = 0; round < 1500; ++round) {
    std::string bad = good;
    for (std::uint64_t damage = random.below(4) + 1; damage > 0; --damage) {
      bad[random.below(bad.size())] = random.below(2) == 0 ? likely[random.below(likely.size())]
                                                           : static_cast<char>(random.next());
    }
    write(folder / "bad", bad);
    try {
      const SafetensorsFile file = SafetensorsFile::open(folder / "bad");
      std::size_t covered = 0;
      for (const TensorBytes& tensor : file.tensors()) covered += tensor.data.size();
      EXPECT_EQ(covered, 16u);
    } catch (const DataError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 500);
}

}  // namespace
}  // namespace dbot::formats
