#include "dbot/data/video/module/open_video.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/display.h>
#include <libavutil/mem.h>
#include <libswscale/swscale.h>
}

#include "dbot/core/clock.h"

namespace dbot::data::video_module {
namespace {

constexpr int kReadBytes = 1 << 16;
// MP4 and its kin, Matroska and WebM, AVI: other demuxers are not needed, and some of them follow
// links to other files.
constexpr const char* kContainers = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi";

std::string text_of(int code) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(code, text.data(), text.size());
  return text.data();
}

/// EXIF's number for a turn by `degrees` counter-clockwise, perhaps of a mirror image.
int exif_number(const std::int32_t* matrix) {
  const bool mirrored =
      static_cast<double>(matrix[0]) * matrix[4] < static_cast<double>(matrix[1]) * matrix[3];
  std::array<std::int32_t, 9> plain{};
  std::copy_n(matrix, plain.size(), plain.begin());
  if (mirrored) av_display_matrix_flip(plain.data(), 1, 0);
  const double degrees = av_display_rotation_get(plain.data());
  if (!std::isfinite(degrees)) return 1;
  const int quarters = static_cast<int>(std::lround(-degrees / 90)) & 3;  // clockwise
  constexpr std::array<int, 4> kTurned{1, 6, 3, 8}, kMirrored{2, 7, 4, 5};
  return (mirrored ? kMirrored : kTurned)[static_cast<std::size_t>(quarters)];
}

}  // namespace

void Release::operator()(AVCodecContext* decoder) const {
  avcodec_free_context(&decoder);
}
void Release::operator()(AVFormatContext* container) const {
  avformat_close_input(&container);
}
void Release::operator()(AVFrame* frame) const {
  av_frame_free(&frame);
}
void Release::operator()(AVIOContext* reader) const {
  av_freep(&reader->buffer);
  avio_context_free(&reader);
}
void Release::operator()(AVPacket* packet) const {
  av_packet_free(&packet);
}
void Release::operator()(SwsContext* converter) const {
  sws_freeContext(converter);
}

OpenVideo::OpenVideo(const VideoBytes& bytes, const VideoBounds& bounds, bool probe)
    : range_(bytes), bounds_(bounds), packet_(av_packet_alloc()), frame_(av_frame_alloc()) {
  if (bounds.seconds > 0) range_.set_deadline(core::steady_seconds() + bounds.seconds);
  open_container(probe);
  choose_stream();
}

void OpenVideo::check_time() const {
  if (!range_.late()) return;
  std::array<char, 80> text{};
  std::snprintf(text.data(), text.size(), "takes more than %g seconds to read", bounds_.seconds);
  throw Broken{Fault::too_large, text.data()};
}

/// Throws unless reading came to an end by itself.
void OpenVideo::check_read(int code) const {
  check_time();
  if (code == AVERROR_EOF && !range_.failed()) return;
  throw Broken{range_.failed() ? Fault::unreadable : Fault::corrupt,
               "cannot be read on: " + text_of(code)};
}

void OpenVideo::open_container(bool probe) {
  auto* buffer = static_cast<unsigned char*>(av_malloc(kReadBytes));
  reader_.reset(avio_alloc_context(buffer, kReadBytes, 0, &range_, &FileRange::read, nullptr,
                                   &FileRange::seek));
  AVFormatContext* container = avformat_alloc_context();
  container->pb = reader_.get();
  container->flags |= AVFMT_FLAG_CUSTOM_IO;
  container->format_whitelist = av_strdup(kContainers);
  container->protocol_whitelist = av_strdup("");
  const int code = avformat_open_input(&container, "", nullptr, nullptr);  // frees it on failure
  if (code < 0) {
    check_time();
    const bool unknown =
        code == AVERROR_INVALIDDATA || code == AVERROR_EOF || code == AVERROR_DEMUXER_NOT_FOUND;
    throw Broken{range_.failed() ? Fault::unreadable : Fault::corrupt,
                 unknown ? "is no video of a kind that is read (MP4, Matroska, WebM, AVI), or is "
                           "cut short"
                         : "cannot be opened as a video: " + text_of(code)};
  }
  container_.reset(container);
  if (!probe) return;
  const int found = avformat_find_stream_info(container, nullptr);
  if (found < 0) check_read(found);
}

void OpenVideo::choose_stream() {
  bool audio = false;
  for (unsigned i = 0; i < container_->nb_streams; ++i) {
    AVStream* stream = container_->streams[i];
    const bool cover = (stream->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0;
    const auto type = stream->codecpar->codec_type;
    audio |= type == AVMEDIA_TYPE_AUDIO;
    const bool video = type == AVMEDIA_TYPE_VIDEO && !cover;
    if (video && stream_ == nullptr) stream_ = stream;
    stream->discard = stream == stream_ ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
  }
  if (stream_ != nullptr) {
    const auto& size = *stream_->codecpar;
    if (static_cast<std::int64_t>(size.width) * size.height <= bounds_.pixels) return;
    throw Broken{Fault::too_large, "has frames of " + std::to_string(size.width) + "x" +
                                       std::to_string(size.height) + " pixels, expected at most " +
                                       std::to_string(bounds_.pixels) + " of them"};
  }
  throw Broken{Fault::empty, audio ? "has no video stream, audio alone" : "has no video stream"};
}

VideoFacts OpenVideo::facts() const {
  VideoFacts facts{};
  const auto& coded = *stream_->codecpar;
  facts.width = coded.width;
  facts.height = coded.height;
  const auto* matrix = av_stream_get_side_data(stream_, AV_PKT_DATA_DISPLAYMATRIX, nullptr);
  std::array<std::int32_t, 9> values{};
  if (matrix != nullptr) std::memcpy(values.data(), matrix, sizeof values);
  facts.orientation = matrix == nullptr ? 1 : exif_number(values.data());
  const bool avi = std::strcmp(container_->iformat->name, "avi") == 0;
  const bool mov = std::strncmp(container_->iformat->name, "mov", 3) == 0;
  facts.probe = avi ? 1 : 0;
  const AVRational rate = stream_->avg_frame_rate.num > 0 && stream_->avg_frame_rate.den > 0
                              ? stream_->avg_frame_rate
                              : stream_->r_frame_rate;
  facts.rate_numerator = rate.den > 0 ? rate.num : 0;
  facts.rate_denominator = rate.den;
  facts.unit_numerator = stream_->time_base.num;
  facts.unit_denominator = stream_->time_base.den;
  facts.promised = mov ? avformat_index_get_entries_count(stream_) : 0;
  std::snprintf(facts.codec, sizeof facts.codec, "%s", avcodec_get_name(coded.codec_id));
  return facts;
}

bool OpenVideo::read_packet() {
  for (;;) {
    av_packet_unref(packet_.get());
    check_time();
    const int code = av_read_frame(container_.get(), packet_.get());
    if (code < 0) {
      check_read(code);
      return false;
    }
    if (packet_->stream_index == stream_->index && packet_->size > 0) return true;
  }
}

bool OpenVideo::next_packet(VideoPacket& packet) {
  if (!read_packet()) return false;
  if ((packet_->flags & AV_PKT_FLAG_CORRUPT) != 0) {
    throw Broken{Fault::truncated, "ends within a frame"};
  }
  const bool by_decoding = std::strncmp(container_->iformat->name, "matroska", 8) != 0;
  packet.time = packet_->pts;
  packet.timed = packet_->pts != AV_NOPTS_VALUE ? 1 : 0;
  packet.seek = by_decoding && packet_->dts != AV_NOPTS_VALUE ? packet_->dts : packet_->pts;
  packet.key = (packet_->flags & AV_PKT_FLAG_KEY) != 0 ? 1 : 0;
  packet.shown = (packet_->flags & AV_PKT_FLAG_DISCARD) != 0 ? 0 : 1;
  return true;
}

}  // namespace dbot::data::video_module
