#include "dbot/exchange/tensor_file.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "tests/core/temporary_folder.h"

namespace dbot::exchange {
namespace {

runtime::NamedTensors every_type() {
  runtime::NamedTensors tensors;
  for (const at::ScalarType type :
       {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong, at::kInt, at::kShort,
        at::kChar, at::kByte, at::kUInt16, at::kUInt32, at::kUInt64, at::kBool}) {
    tensors[c10::toString(type)] =
        at::arange(6, at::TensorOptions(at::kFloat)).view({2, 3}).to(type);
  }
  tensors["scalar"] = at::full({}, 2.5, at::TensorOptions(at::kFloat));
  tensors["empty"] = at::empty({0, 3}, at::TensorOptions(at::kFloat));
  return tensors;
}

TEST(TensorFile, BringsEveryTypeAndShapeBack) {
  const test::TemporaryFolder folder;
  const runtime::NamedTensors before = every_type();
  write_tensor_file(folder / "t.safetensors", before, {{"key", "välue"}});
  const TensorFile after = read_tensor_file(folder / "t.safetensors");
  EXPECT_EQ(after.metadata.at("key"), "välue");
  ASSERT_EQ(after.tensors.size(), before.size());
  for (const auto& [name, tensor] : before) {
    const at::Tensor& read = after.tensors.at(name);
    EXPECT_EQ(read.scalar_type(), tensor.scalar_type()) << name;
    EXPECT_EQ(read.sizes(), tensor.sizes()) << name;
    EXPECT_TRUE(at::equal(read.to(at::kDouble), tensor.to(at::kDouble))) << name;
  }
}

TEST(TensorFile, StoresViewsInTheirOwnOrder) {
  const test::TemporaryFolder folder;
  const at::Tensor matrix = at::arange(6, at::TensorOptions(at::kFloat)).view({2, 3});
  write_tensor_file(folder / "t", {{"transposed", matrix.t()}, {"column", matrix.select(1, 1)}},
                    {});
  const TensorFile after = read_tensor_file(folder / "t");
  EXPECT_TRUE(at::equal(after.tensors.at("transposed"), matrix.t()));
  EXPECT_TRUE(at::equal(after.tensors.at("column"), matrix.select(1, 1)));
}

TEST(TensorFile, OwnsItsMemory) {
  const test::TemporaryFolder folder;
  write_tensor_file(folder / "t", {{"a", at::full({3}, 1.0)}}, {});
  const TensorFile read = read_tensor_file(folder / "t");
  write_tensor_file(folder / "t", {{"a", at::full({3}, 2.0)}}, {}, /*replace=*/false);
  EXPECT_EQ(read.tensors.at("a").sum().item<double>(), 3.0);
}

TEST(TensorFile, EqualInputGivesEqualBytes) {
  const test::TemporaryFolder folder;
  write_tensor_file(folder / "a", every_type(), {{"k", "v"}});
  write_tensor_file(folder / "b", every_type(), {{"k", "v"}});
  EXPECT_EQ(core::read_text_file(folder / "a"), core::read_text_file(folder / "b"));
}

TEST(TensorFile, RefusesWhatTheFormatCannotHold) {
  const test::TemporaryFolder folder;
  const auto complex = at::full({2}, 1.0).to(at::kComplexDouble);
  EXPECT_THROW(write_tensor_file(folder / "t", {{"z", complex}}, {}), Error);
  EXPECT_THROW(write_tensor_file(folder / "t", {{"undefined", at::Tensor()}}, {}), Error);
  EXPECT_FALSE(std::filesystem::exists(folder / "t"));
}

TEST(TensorFile, NamesAFileThatIsNone) {
  const test::TemporaryFolder folder;
  core::write_file_atomically(folder / "junk", "not a tensor file at all");
  EXPECT_THROW(read_tensor_file(folder / "junk"), DataError);
  EXPECT_THROW(read_tensor_file(folder / "missing"), DataError);
}

}  // namespace
}  // namespace dbot::exchange
