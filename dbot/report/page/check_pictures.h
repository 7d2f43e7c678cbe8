#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "dbot/core/stop.h"
#include "dbot/data/audit/audited_set.h"
#include "dbot/data/audit/survey/image_facts.h"
#include "dbot/report/page/page_json.h"

namespace dbot::report {

/// Small pictures of a set's images for a page, each made once.
class CheckPictures {
 public:
  CheckPictures(const data::AuditedSet& set, const std::vector<data::ImageFacts>& facts,
                const core::StopRequest& stop)
      : set_(set), facts_(facts), stop_(stop) {}

  /// A picture as a data URI, its longer side 128 pixels; null where none can be made.
  PageJson data_uri(std::int64_t image);

 private:
  PageJson make(std::int64_t image) const;

  const data::AuditedSet& set_;
  const std::vector<data::ImageFacts>& facts_;
  const core::StopRequest& stop_;
  std::map<std::int64_t, PageJson> made_;
};

}  // namespace dbot::report
