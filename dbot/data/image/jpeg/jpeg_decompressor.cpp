#include "dbot/data/image/jpeg/jpeg_decompressor.h"

#include <jerror.h>

namespace dbot::data {
namespace {

// A progressive image has about 10 scans, an odd one some 100; each is a walk over all blocks.
constexpr int kMostScans = 200;
// For coefficients of progressive images: 170 million pixels of three channels.
constexpr long kMostJpegMemory = 1L << 30;

/// Warnings after which libjpeg invents pixels. The others concern bytes between segments or
/// version numbers and leave the picture whole.
bool spoils_pixels(int code) {
  return code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE ||
         code == JWRN_ARITH_BAD_CODE || code == JWRN_MUST_RESYNC || code == JWRN_NOT_SEQUENTIAL ||
         code == JWRN_BOGUS_PROGRESSION;
}

/// Errors of files that are sound, but of a kind that this libjpeg does not read: 12 bits,
/// lossless, hierarchical.
bool is_unread(int code) {
  return code == JERR_BAD_PRECISION || code == JERR_SOF_UNSUPPORTED ||
         code == JERR_CONVERSION_NOTIMPL || code == JERR_CCIR601_NOTIMPL ||
         code == JERR_FRACT_SAMPLE_NOTIMPL || code == JERR_ARITH_NOTIMPL ||
         code == JERR_NOT_COMPILED;
}

}  // namespace

JpegDecompressor::JpegDecompressor() {
  info_.err = jpeg_std_error(&errors_);
  info_.client_data = this;
  errors_.error_exit = [](j_common_ptr info) { self(info).leave(); };
  errors_.emit_message = [](j_common_ptr info, int level) {
    if (level < 0) self(info).note(info->err->msg_code);
  };
  errors_.output_message = [](j_common_ptr) {};
  progress_.progress_monitor = [](j_common_ptr info) { self(info).count_scans(); };
  guarded([this](jpeg_decompress_struct& info) {
    jpeg_create_decompress(&info);
    info.progress = &progress_;
    info.mem->max_memory_to_use = kMostJpegMemory;
  });
}

void JpegDecompressor::leave() {
  if (message_[0] == '\0') {
    errors_.format_message(reinterpret_cast<j_common_ptr>(&info_), message_);
    const int code = errors_.msg_code;
    const bool ended = code == JERR_INPUT_EOF || code == JWRN_JPEG_EOF;
    fault_ = ended ? Fault::truncated : is_unread(code) ? Fault::unsupported : Fault::corrupt;
  }
  std::longjmp(jump_, 1);
}

void JpegDecompressor::note(int warning) {
  if (spoils_pixels(warning)) leave();
  // In a header such bytes are harmless.
  if (warning == JWRN_EXTRANEOUS_DATA && info_.input_scan_number > 0) {
    unused_bytes_ += errors_.msg_parm.i[0];
  }
}

void JpegDecompressor::count_scans() {
  if (info_.input_scan_number <= kMostScans) return;
  std::snprintf(message_, sizeof message_, "it has more than %d scans", kMostScans);
  leave();
}

}  // namespace dbot::data
