#include "tests/support/fake_device/late_reads.h"

#include <cstring>
#include <deque>
#include <mutex>
#include <utility>

namespace dbot::test::fake {
namespace {

std::mutex late_mutex;
std::deque<std::pair<at::Tensor, at::Tensor>> on_their_way;
std::size_t arrived = 0;

}  // namespace

void read_late(const at::Tensor& values, const at::Tensor& to) {
  const std::lock_guard lock(late_mutex);
  std::memset(to.mutable_data_ptr(), 0xff, to.nbytes());
  on_their_way.emplace_back(values.clone(), to);
}

std::size_t late_reads_so_far() {
  const std::lock_guard lock(late_mutex);
  return arrived + on_their_way.size();
}

void finish_late_reads(std::size_t count) {
  const std::lock_guard lock(late_mutex);
  for (; arrived < count && !on_their_way.empty(); ++arrived) {
    const auto& [values, to] = on_their_way.front();
    to.copy_(values);
    on_their_way.pop_front();
  }
}

}  // namespace dbot::test::fake
