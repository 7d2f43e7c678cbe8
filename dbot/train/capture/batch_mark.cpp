#include "dbot/train/capture/batch_mark.h"

#include <algorithm>
#include <cstddef>
#include <span>

#include "dbot/core/files/files.h"

namespace dbot::train {
namespace {

constexpr std::size_t kPieceBytes = 1024, kPiecesOfSample = 4, kLeastPieces = 64;

/// Adds the tensor's bytes; of a large one, pieces that are evenly spread over it.
void add_pieces(std::vector<std::byte>& bytes, const at::Tensor& tensor, std::size_t pieces) {
  const at::Tensor values = tensor.contiguous();
  const std::span all(static_cast<const std::byte*>(values.const_data_ptr()), values.nbytes());
  const auto add = [&bytes](std::span<const std::byte> piece) {
    bytes.insert(bytes.end(), piece.begin(), piece.end());
  };
  if (all.size() <= pieces * kPieceBytes) return add(all);
  const std::size_t last = all.size() - kPieceBytes;
  for (std::size_t i = 0; i < pieces; ++i) {
    add(all.subspan(last / (pieces - 1) * i, kPieceBytes));
  }
}

std::int64_t bytes_of(const runtime::NamedTensors& tensors) {
  std::int64_t bytes = 0;
  for (const auto& [name, tensor] : tensors) bytes += static_cast<std::int64_t>(tensor.nbytes());
  return bytes;
}

}  // namespace

BatchMark mark_of(const MicroBatch& micro) {
  const data::Batch& batch = micro.batch;
  const auto samples = static_cast<std::size_t>(batch.size());
  const std::size_t pieces = std::max(kLeastPieces, kPiecesOfSample * samples);
  std::vector<std::byte> bytes;
  for (const auto& [name, tensor] : batch.tensors) add_pieces(bytes, tensor, pieces);
  for (const auto& [name, tensor] : batch.offsets) add_pieces(bytes, tensor, pieces);
  return {.samples = batch.sample_ids,
          .checksum = core::checksum(bytes),
          .bytes = bytes_of(batch.tensors) + bytes_of(batch.offsets) + bytes_of(micro.draws)};
}

}  // namespace dbot::train
