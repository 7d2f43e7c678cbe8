#pragma once

#include <functional>

// Graphs of the device that is not there: what a CUDA graph is, by a list of what was computed.
//
// While it is recorded nothing is computed for good: the device's memory is put back behind that. A
// replay computes the same again, in the same places of memory. Memory that was taken inside is the
// graph's own, and a read or an upload inside throws.
namespace dbot::test::fake {

/// Teaches runtime::make_step_graph the device's graphs; further calls do nothing.
void install_graphs();

bool is_recording();
/// Keeps what was just computed, to be computed again. Only while it is recorded.
void keep_on_tape(std::function<void()> again);
/// Throws Error while a graph is recorded.
void refuse_in_graph(const char* what);

}  // namespace dbot::test::fake
