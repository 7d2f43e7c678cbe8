#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dbot/data/sample.h"

// A sample for whoever keeps many of them in memory: one piece, of little more than its bytes.
namespace dbot::data {

/// The parts of a sample with their names; not the sample's own name.
std::vector<std::uint8_t> keep_parts(const Sample& sample);

/// Adds these parts to a sample, which borrows their bytes from `kept`.
void show_parts(std::span<const std::uint8_t> kept, Sample& sample);

}  // namespace dbot::data
