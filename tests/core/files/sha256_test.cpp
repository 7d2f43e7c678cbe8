#include "dbot/core/files/sha256.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string_view>

#include "dbot/core/error.h"
#include "tests/core/temporary_folder.h"

namespace dbot::core {
namespace {

std::string hash(std::string_view text, std::size_t piece) {
  Sha256 hash;
  for (std::size_t i = 0; i < text.size(); i += piece) {
    hash.add(std::as_bytes(std::span(text.substr(i, piece))));
  }
  return hash.finish();
}

// Examples of FIPS 180-4's test vectors.
TEST(Sha256, GivesTheKnownHashesInPiecesOfAnySize) {
  const std::string million(1'000'000, 'a');
  for (const std::size_t piece : {1, 3, 63, 64, 65, 1000}) {
    EXPECT_EQ(hash("", piece), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(hash("abc", piece),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", piece),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(hash(million, piece),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  }
}

TEST(Sha256, OfAFileReadsAllOfIt) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "f", std::ios::binary) << std::string(3'000'001, 'x');
  EXPECT_EQ(sha256_of_file(folder / "f"), hash(std::string(3'000'001, 'x'), 4096));
  EXPECT_THROW(sha256_of_file(folder / "none"), Error);
}

}  // namespace
}  // namespace dbot::core
