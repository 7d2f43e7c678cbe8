#pragma once

#include "dbot/ops/adamw_update.h"
#include "dbot/ops/assemble_tokens.h"
#include "tests/ops/operation_table.h"

// What rows of the table in operation_table_step.cpp and operation_table_updates.cpp take beside
// their inputs.
namespace dbot::ops {

inline constexpr std::int64_t kPatch = 3, kColumns = 2;  // images: `tokens` rows of two patches
inline constexpr std::int64_t kSteps = 2, kFrames = 2;   // of a clip, and of a tubelet
inline constexpr double kSmoothness = 0.7;               // β of the losses

/// Every second patch, last first.
at::Tensor wanted_patches(const TableShape& s);

/// Every third tubelet of both steps, last first.
at::Tensor wanted_tubelets(const TableShape& s);

/// The shared token, then the sample's own ones backwards, then the shared token again; positions
/// in an order of their own where `with_positions`.
TokenPlan plan_of(const TableShape& s, bool with_positions);

/// Of the third step of AdamW, or of Adam.
AdamWOptions adam_options(bool decay_in_gradient);

}  // namespace dbot::ops
