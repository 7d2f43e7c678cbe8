#include "tests/golden/mae_st/clip_views.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {

void check_mae_st_views(const Fixture& fixture, Comparison& comparison) {
  check_clip_views(fixture, comparison);
  for (const char* prefix : {"keep.", "target_frames.", "sched.", "cutmix.", "views."}) {
    for (const auto& name : fixture.names(prefix)) {
      comparison.dismiss(prefix + name, "is about training, not about reading");
    }
  }
}

}  // namespace dbot::golden
