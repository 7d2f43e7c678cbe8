#include "dbot/tools/search/query_images.h"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include <filesystem>
#include <unordered_map>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/concatenation.h"
#include "dbot/data/image/codec.h"
#include "dbot/data/sources/list/list_dataset.h"
#include "dbot/data/sources/open.h"
#include "dbot/data/subset.h"
#include "dbot/eval/frozen/features.h"
#include "dbot/eval/frozen/samples.h"
#include "dbot/report/text/quantity_text.h"

namespace dbot::tools {
namespace {

namespace fs = std::filesystem;

std::shared_ptr<const data::Dataset> one_file(const std::string& file) {
  core::TextList paths;
  paths.add(file);
  return std::make_shared<data::ListDataset>(fs::path(), std::move(paths), data::Labels());
}

/// A file of no kind of source may be an image without an ending.
bool is_one_image(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) &&
         (data::has_image_extension(path.string()) || data::kind_of(path) == nullptr);
}

bool is_source(const std::string& word) {
  std::error_code ignored;
  return fs::exists(word, ignored) || word.find_first_of("*?[{") != std::string::npos;
}

/// The images of a set by what they are called; read when the first is asked for.
class ImagesByName {
 public:
  explicit ImagesByName(std::shared_ptr<const data::Dataset> set) : set_(std::move(set)) {}

  const data::Dataset& set() const { return *set_; }
  /// That image alone; null if there is none.
  std::shared_ptr<const data::Dataset> called(const std::string& word) {
    if (places_.empty()) {
      for (std::int64_t i = 0; i < set_->size(); ++i) {
        places_.emplace(set_->key(i), i);
        places_.emplace(set_->name(i), i);
      }
    }
    const auto found = places_.find(word);
    return found == places_.end() ? nullptr : data::subset(set_, {found->second});
  }

 private:
  std::shared_ptr<const data::Dataset> set_;
  std::unordered_map<std::string, std::int64_t> places_;
};

std::shared_ptr<const data::Dataset> opened(const std::string& word, ImagesByName& set,
                                            const data::OpenContext& context) {
  if (is_one_image(word)) return one_file(word);
  std::error_code ignored;
  if (!fs::exists(word, ignored)) {
    if (auto image = set.called(word)) return image;
  }
  if (!is_source(word)) {
    throw DataError(
        {.operation = "search",
         .subject = "the query " + word,
         .fault = Fault::missing,
         .reason = fmt::format("is no file and no image of the data set, whose first is "
                               "called {}",
                               set.set().key(0)),
         .way_out = "name an image, a folder or a list of images, or an image of the "
                    "set as it is called there"});
  }
  std::vector<std::shared_ptr<const data::Dataset>> parts;
  for (const data::NamedPart& part : data::open(word, data::Wanted::all, context).named()) {
    parts.push_back(part.images);
  }
  return data::concatenate(std::move(parts));
}

bool same_file(const std::string& one, const std::string& other) {
  std::error_code error;
  return one == other || fs::equivalent(one, other, error);
}

/// Names are compared first: to ask the system about each file of a large set takes minutes.
std::vector<std::int64_t> places_in(const data::Dataset& set, const data::Dataset& queries) {
  std::unordered_multimap<std::string, std::int64_t> by_name;
  for (std::int64_t query = 0; query < queries.size(); ++query) {
    by_name.emplace(fs::path(queries.name(query)).filename().string(), query);
  }
  std::vector<std::int64_t> places(static_cast<std::size_t>(queries.size()), -1);
  for (std::int64_t image = 0; image < set.size(); ++image) {
    const std::string name = set.name(image);
    const auto [begin, end] = by_name.equal_range(fs::path(name).filename().string());
    for (auto found = begin; found != end; ++found) {
      if (same_file(queries.name(found->second), name)) {
        places[static_cast<std::size_t>(found->second)] = image;
      }
    }
  }
  return places;
}

}  // namespace

QueryImages open_queries(const std::vector<std::string>& words,
                         const std::shared_ptr<const data::Dataset>& set,
                         const data::OpenContext& context) {
  std::vector<std::shared_ptr<const data::Dataset>> parts;
  ImagesByName by_name(set);
  std::int64_t count = 0;
  for (const std::string& word : words) {
    parts.push_back(opened(word, by_name, context));
    count += parts.back()->size();
    if (count <= kMostQueries) continue;
    throw UsageError({.operation = "search",
                      .subject = "the query " + word,
                      .fault = Fault::too_large,
                      .reason = fmt::format("makes {} images to be looked for, expected at most {}",
                                            report::grouped(count), report::grouped(kMostQueries)),
                      .way_out = "look for a part of them"});
  }
  QueryImages queries{.images = data::concatenate(std::move(parts)), .in_set = {}};
  queries.in_set = places_in(*set, *queries.images);
  return queries;
}

at::Tensor query_pixels(const data::Dataset& queries, const nn::BackboneInput& input,
                        const eval::ExtractionSettings& settings, const core::StopRequest& stop) {
  const auto part = eval::crops_of(input, settings).make(queries.size());
  data::Sample sample;
  for (std::int64_t query = 0; query < queries.size(); ++query) {
    eval::throw_if_stopped("search", stop);
    queries.read(query, sample);
    part->fill(query, sample, {});
  }
  data::Batch batch;
  part->give(batch, queries.size());
  return batch.tensors.at("images");
}

}  // namespace dbot::tools
