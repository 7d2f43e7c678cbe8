#include "dbot/exchange/import/weights_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <set>

#include "dbot/core/error.h"
#include "dbot/exchange/tensor_file.h"
#include "tests/core/temporary_folder.h"
#include "tests/formats/writer/torch_writer.h"

namespace dbot::exchange {
namespace {

namespace fs = std::filesystem;
namespace writer = formats::writer;
using testing::HasSubstr;

const fs::path kFixtures = "tests/formats/fixtures";

/// Types, extents and bits of a file of torch.save against its expected tensors; `all`: it holds
/// every one of them.
void expect_equal(const fs::path& file, const fs::path& expected, bool all) {
  SCOPED_TRACE(file);
  const auto source = WeightsSource::open(file);
  const runtime::NamedTensors ours = source.read(source.names());
  const TensorFile reference = read_tensor_file(expected);
  if (all) {
    EXPECT_EQ(ours.size(), reference.tensors.size());
  }
  EXPECT_GT(ours.size(), 2U);
  for (const auto& [name, tensor] : ours) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(reference.tensors.contains(name));
    const at::Tensor& other = reference.tensors.at(name);
    ASSERT_EQ(tensor.scalar_type(), other.scalar_type());
    ASSERT_EQ(tensor.sizes(), other.sizes());
    EXPECT_TRUE(tensor.is_contiguous());
    if (tensor.numel() == 0) continue;
    EXPECT_EQ(std::memcmp(tensor.const_data_ptr(), other.const_data_ptr(), tensor.nbytes()), 0);
  }
}

TEST(WeightsSource, ReadsEveryTypeBitForBit) {
  const fs::path expected = kFixtures / "every_type.expected.safetensors";
  for (const char* name : {"every_type_zip2.pth", "every_type_zip3.pth", "every_type_zip4.pth",
                           "every_type_zip5.pth"}) {
    expect_equal(kFixtures / name, expected, true);
  }
  for (const char* name : {"every_type_legacy2.pth", "every_type_legacy5.pth"}) {
    expect_equal(kFixtures / name, expected, false);
  }
  expect_equal(expected, expected, true);
  expect_equal(kFixtures / "script.pt", kFixtures / "script.expected.safetensors", true);
}

class Shards : public testing::Test {
 protected:
  void index(const std::string& map) {
    std::ofstream(folder_ / "model.safetensors.index.json") << R"({"weight_map": )" << map << "}";
  }
  WeightsSource open() { return WeightsSource::open(folder_ / "model.safetensors.index.json"); }
  std::string refusal() {
    try {
      open();
    } catch (const DataError& error) {
      return error.what();
    }
    return "accepted";
  }
  void SetUp() override {
    write_tensor_file(folder_ / "one", {{"a", at::Tensor(a_)}}, {});
    write_tensor_file(folder_ / "two", {{"b", a_}, {"c", a_}}, {});
  }

  at::Tensor a_ = read_tensor_file(kFixtures / "every_type.expected.safetensors").tensors["scalar"];
  test::TemporaryFolder folder_;
};

TEST_F(Shards, AreOneSource) {
  index(R"({"a": "one", "b": "two", "c": "two"})");
  const auto source = open();
  EXPECT_EQ(source.names(), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(source.read({"a", "c"}).size(), 2U);
}

TEST_F(Shards, AreRefusedWhereTheyDoNotFitTheIndex) {
  index(R"({"a": "one", "b": "one"})");
  EXPECT_THAT(refusal(), HasSubstr("b should be in one"));
  index(R"({"a": "gone"})");
  EXPECT_THAT(refusal(), HasSubstr("gone"));
  for (const char* outside : {R"({"a": "../one"})", R"({"a": "/etc/passwd"})", R"({"a": ".."})",
                              R"({"a": ""})", R"({"a": 1})"}) {
    index(outside);
    EXPECT_THAT(refusal(), HasSubstr("in no file beside it"));
  }
  index("{}");
  EXPECT_THAT(refusal(), HasSubstr("weight_map is missing"));
  index("[");
  EXPECT_THAT(refusal(), HasSubstr("not JSON"));
  write_tensor_file(folder_ / "again", {{"a", a_}, {"d", a_}}, {});
  index(R"({"a": "one", "d": "again"})");
  EXPECT_THAT(refusal(), HasSubstr("in another part too"));
}

TEST_F(Shards, RefusesViewsThatWouldFillTheMemory) {
  writer::Tensor wide{.sizes = writer::tuple({writer::integer(1 << 30)}),
                      .strides = writer::tuple({writer::integer(0)})};
  std::ofstream(folder_ / "wide.pth", std::ios::binary)
      << writer::torch_zip(writer::state_dict(wide), {std::string(16, 'x')});
  const auto source = WeightsSource::open(folder_ / "wide.pth");
  try {
    source.read(source.names());
    FAIL() << "four gigabytes were copied";
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("more than 8 times the file"));
  }
  EXPECT_THROW(source.read({"another"}), DataError);
}

}  // namespace
}  // namespace dbot::exchange
