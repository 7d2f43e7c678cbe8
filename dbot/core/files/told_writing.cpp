#include "dbot/core/files/told_writing.h"

#include <algorithm>

namespace dbot::core {

WriteBytes told_writing(const WriteBytes& write, const OnWritten& written) {
  if (!written) return write;
  return [&write, &written](std::span<const std::byte> bytes) {
    constexpr std::size_t kPiece = std::size_t{16} << 20;
    while (!bytes.empty()) {
      const auto piece = bytes.first(std::min(bytes.size(), kPiece));
      write(piece);
      written(piece.size());
      bytes = bytes.subspan(piece.size());
    }
  };
}

}  // namespace dbot::core
