#include "dbot/report/metrics/metrics_follow.h"

#include <algorithm>
#include <fstream>

#include "dbot/report/metrics/metrics_line.h"

namespace dbot::report {
namespace {

// A resumed run cuts the file and may write past the old end before the next poll. Then these bytes
// differ, since records hold wall times.
constexpr std::size_t kRemembered = 512;

std::string read_from(std::ifstream& file, std::uint64_t offset) {
  file.clear();
  file.seekg(static_cast<std::streamoff>(offset));
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

bool MetricsFollower::was_changed(const std::string& head) const {
  return head.compare(0, last_.size(), last_) != 0;
}

MetricsFollower::News MetricsFollower::poll() {
  News news;
  std::ifstream file(path_, std::ios::binary);
  std::string text = file ? read_from(file, offset_ - last_.size()) : std::string();
  if (was_changed(text)) {
    news.begun_anew = true;
    offset_ = 0;
    last_.clear();
    if (file) text = read_from(file, 0);
  }
  std::size_t begin = last_.size();
  for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    if (auto record = parse_metrics_line(text.substr(begin, end - begin))) {
      news.records.push_back(std::move(*record));
    }
  }
  offset_ += begin - last_.size();
  const std::size_t kept = std::min(begin, kRemembered);
  last_ = text.substr(begin - kept, kept);
  return news;
}

}  // namespace dbot::report
