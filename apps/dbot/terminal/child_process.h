#pragma once

#include <functional>
#include <string>

namespace dbot::app {

/// What `work` returns, made in a process of its own: its memory, threads and choices of kernels
/// are gone with it. Must be called before this process computes with threads. Where the work
/// throws, the child says so as the program does, and this process ends with the same code. Stops
/// are handed on. Throws Error where the child was ended by a signal.
std::string result_of_child(const std::function<std::string()>& work);

}  // namespace dbot::app
