#pragma once

#include <cstddef>
#include <functional>

namespace dbot::data {

/// Calls `task` with 0 … count − 1, each once, from up to `threads` threads, and waits. After a
/// task that throws no new ones begin; the error of the lowest number is thrown.
void in_parallel(std::size_t count, int threads, const std::function<void(std::size_t)>& task);

}  // namespace dbot::data
