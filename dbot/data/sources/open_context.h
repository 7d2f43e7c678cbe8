#pragma once

#include <filesystem>
#include <string>

#include "dbot/core/log.h"
#include "dbot/core/stop.h"
#include "dbot/data/sources/content.h"

namespace dbot::data {

/// What is wanted of a data set beside what lies there, whatever its kind. One choice holds for all
/// who read the set.
struct Choice {
  std::filesystem::path leave_out = {};  // a list of images (choice/name_list.h); empty: none
  std::filesystem::path list_root = {};  // where its paths count from; empty: what is opened
  /// Where labels come from: empty, as the source has them; "none"; "folder", each sample's first
  /// folder; else a list of images with labels.
  std::string labels = {};
};

/// Whom opening a data set tells what it does, who may end it, and what it is for.
struct OpenContext {
  const core::Log& log;
  const core::StopRequest* stop = nullptr;
  /// For evaluation: every class folder is a class, images beside class folders are left out, and
  /// folders without any are an error. Other kinds of data say what is labelled in both cases.
  bool wants_labels = false;
  /// Masks beside photographs (folder/mask_files.h) are left out, but for who looks for them.
  bool with_masks = false;
  Choice choice = {};
  Content content = Content::images;
};

}  // namespace dbot::data
