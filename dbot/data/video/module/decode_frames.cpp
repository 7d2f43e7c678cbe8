#include <algorithm>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/imgutils.h>
#include <libswscale/swscale.h>
}

#include "dbot/data/video/module/open_video.h"

namespace dbot::data::video_module {

void OpenVideo::open_decoder() {
  if (decoder_) {
    avcodec_flush_buffers(decoder_.get());
    return;
  }
  const AVCodec* codec = avcodec_find_decoder(stream_->codecpar->codec_id);
  if (codec == nullptr) {
    throw Broken{Fault::unsupported, std::string("is coded as ") +
                                         avcodec_get_name(stream_->codecpar->codec_id) +
                                         ", which is not read"};
  }
  decoder_.reset(avcodec_alloc_context3(codec));
  if (avcodec_parameters_to_context(decoder_.get(), stream_->codecpar) < 0) {
    throw Broken{Fault::corrupt, "has a head that its codec contradicts"};
  }
  decoder_->pkt_timebase = stream_->time_base;
  decoder_->thread_count = 1;  // loading threads decode several videos at once
  decoder_->max_pixels = bounds_.pixels;
  if (avcodec_open2(decoder_.get(), codec, nullptr) < 0) {
    throw Broken{Fault::corrupt, std::string("has a head that ") + codec->name + " refuses"};
  }
}

void OpenVideo::begin(const VideoPlan& plan) {
  plan_ = plan;
  sent_ = given_ = 0;
  count_ = 0;
  flushed_ = false;
  open_decoder();
  // The lowest time there may be: the first frame, or the key frame in front of it.
  const std::int64_t start = stream_->start_time == AV_NOPTS_VALUE ? 0 : stream_->start_time;
  const std::int64_t to = plan.from_start != 0 ? start : plan.seek;
  int code = av_seek_frame(container_.get(), stream_->index, to, AVSEEK_FLAG_BACKWARD);
  if (code < 0) {  // in front of the first key frame, or without an index
    code = avformat_seek_file(container_.get(), stream_->index, INT64_MIN, to, INT64_MAX, 0);
  }
  if (code < 0) throw Broken{Fault::corrupt, "cannot be read from one of its key frames"};
}

bool OpenVideo::wants(std::int64_t time) const {
  return std::binary_search(plan_.wanted, plan_.wanted + plan_.count, time);
}

/// Gives the decoder the next packet, or tells it that no more come. Frames that are not wanted and
/// that no other one is made of are passed over.
void OpenVideo::send_packet() {
  const bool timed = plan_.counted == 0;
  if ((timed && sent_ == plan_.count) || !read_packet()) {
    flushed_ = true;
    avcodec_send_packet(decoder_.get(), nullptr);
    return;
  }
  const bool wanted = !timed || packet_->pts == AV_NOPTS_VALUE || wants(packet_->pts);
  if (timed && wanted) ++sent_;
  decoder_->skip_frame = wanted ? AVDISCARD_DEFAULT : AVDISCARD_NONREF;
  const int code = avcodec_send_packet(decoder_.get(), packet_.get());
  if (code >= 0 || code == AVERROR(EAGAIN)) return;
  throw Broken{Fault::corrupt, "has a frame that cannot be decoded"};
}

bool OpenVideo::receive_frame() {
  for (;;) {
    const int code = avcodec_receive_frame(decoder_.get(), frame_.get());
    if (code >= 0) return true;
    if (code == AVERROR_EOF || (flushed_ && code == AVERROR(EAGAIN))) return false;
    if (code != AVERROR(EAGAIN)) throw Broken{Fault::corrupt, "has a frame that cannot be decoded"};
    send_packet();
  }
}

bool OpenVideo::next_frame(std::int64_t& wanted) {
  row_blocks_ = false;
  const bool all = plan_.counted != 0 && plan_.count == 0;
  while (all || given_ < plan_.count) {
    if (!receive_frame()) return false;
    const std::int64_t number = count_++;
    const std::int64_t time =
        frame_->pts != AV_NOPTS_VALUE ? frame_->pts : frame_->best_effort_timestamp;
    wanted = plan_.counted != 0 && !all ? number : time;
    if (!all && !wants(wanted)) continue;
    ++given_;
    if (frame_->decode_error_flags != 0 || (frame_->flags & AV_FRAME_FLAG_CORRUPT) != 0) {
      throw Broken{Fault::corrupt, "has a damaged frame"};
    }
    return true;
  }
  return false;
}

void OpenVideo::prepare_conversion() {
  const AVFrame& frame = *frame_;
  const bool same = converter_ && frame.width == converted_width_ &&
                    frame.height == converted_height_ && frame.format == converted_format_;
  if (!same) {
    // As PyAV and ffmpeg's own programs convert: bilinear, colours as of ITU-R BT.601.
    converter_.reset(sws_getContext(
        frame.width, frame.height, static_cast<AVPixelFormat>(frame.format), frame.width,
        frame.height, AV_PIX_FMT_RGB24, SWS_BILINEAR, nullptr, nullptr, nullptr));
    if (!converter_) throw Broken{Fault::unsupported, "has pixels of a kind that is not read"};
    converted_width_ = frame.width;
    converted_height_ = frame.height;
    converted_format_ = frame.format;
    rgb_.reset(av_frame_alloc());
    rgb_->format = AV_PIX_FMT_RGB24;
    rgb_->width = frame.width;
    rgb_->height = frame.height;
    if (av_frame_get_buffer(rgb_.get(), 0) < 0) {
      throw Broken{Fault::too_large, "has frames that memory does not suffice for"};
    }
  }
  const bool begun = sws_frame_start(converter_.get(), rgb_.get(), frame_.get()) >= 0 &&
                     sws_send_slice(converter_.get(), 0, static_cast<unsigned>(frame.height)) >= 0;
  if (!begun) throw Broken{Fault::corrupt, "has a frame whose pixels cannot be converted"};
  row_blocks_ = true;
}

void OpenVideo::rows(int top, int count, const std::uint8_t** first, std::ptrdiff_t* step) {
  const int height = frame_->height;
  const bool fits = frame_->height == plan_.height && frame_->width == plan_.width;
  if (!fits || top < 0 || count <= 0 || top > height - count) {
    throw Broken{Fault::mismatch, "changes the size of its frames"};
  }
  if (!row_blocks_) prepare_conversion();
  const int grain = std::max(2, static_cast<int>(sws_receive_slice_alignment(converter_.get())));
  const int begin = top / grain * grain;
  const int end = std::min(height, (top + count + grain - 1) / grain * grain);
  const int code = sws_receive_slice(converter_.get(), static_cast<unsigned>(begin),
                                     static_cast<unsigned>(end - begin));
  sws_frame_end(converter_.get());
  row_blocks_ = false;
  if (code < 0) throw Broken{Fault::corrupt, "has a frame whose pixels cannot be converted"};
  *step = rgb_->linesize[0];
  *first = rgb_->data[0] + *step * top;
}

}  // namespace dbot::data::video_module
