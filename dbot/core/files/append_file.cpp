#include "dbot/core/files/append_file.h"

#include <fcntl.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "dbot/core/files/system_calls.h"

namespace dbot::core {

AppendFile::AppendFile(std::filesystem::path path, std::size_t keep_bytes)
    : path_(std::move(path)),
      keep_bytes_(keep_bytes),
      file_(open_for_writing(path_, O_CREAT | O_APPEND)) {}

bool AppendFile::append(std::string record) {
  waiting_bytes_ += record.size();
  waiting_.push_back(std::move(record));
  const bool written = flush();
  if (!written) drop_beyond_limit();
  return written;
}

bool AppendFile::flush() {
  problem_.clear();
  while (!waiting_.empty()) {
    std::string& record = waiting_.front();
    const ssize_t count = ::write(file_.get(), record.data(), record.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 || (count == 0 && !record.empty())) {
      problem_ = std::system_category().message(count < 0 ? errno : EIO);
      return false;
    }
    waiting_bytes_ -= static_cast<std::size_t>(count);
    first_is_torn_ = static_cast<std::size_t>(count) < record.size();
    if (first_is_torn_) {
      record.erase(0, static_cast<std::size_t>(count));
    } else {
      waiting_.pop_front();
    }
  }
  return true;
}

void AppendFile::drop_beyond_limit() {
  const std::size_t oldest = first_is_torn_ ? 1 : 0;
  while (waiting_bytes_ > keep_bytes_ && waiting_.size() > oldest) {
    waiting_bytes_ -= waiting_[oldest].size();
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(oldest));
    ++dropped_;
  }
}

}  // namespace dbot::core
