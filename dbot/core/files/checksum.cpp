#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <vector>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/core/files/system_calls.h"

namespace dbot::core {
namespace {

std::string hexadecimal(XXH128_hash_t hash) {
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

}  // namespace

Digest digest(std::span<const std::byte> bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.high64, hash.low64};
}

std::string checksum(std::span<const std::byte> bytes) {
  return hexadecimal(XXH3_128bits(bytes.data(), bytes.size()));
}

std::string checksum_of_file(const std::filesystem::path& path) {
  const FileDescriptor file = open_for_reading(path);
  // Read, not mapped: a file that shrinks meanwhile is an error here, not a signal.
  std::vector<std::byte> buffer(std::size_t{1} << 20);
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  while (const std::size_t count = read_some(file.get(), buffer, path)) {
    XXH3_128bits_update(&state, buffer.data(), count);
  }
  return hexadecimal(XXH3_128bits_digest(&state));
}

}  // namespace dbot::core
