#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/core/text_list.h"
#include "dbot/data/dataset.h"
#include "dbot/data/sources/open_context.h"
#include "dbot/data/text/captions/captioned_dataset.h"

namespace dbot::data {

/// Texts without images: a sample has the part "caption" alone (text_part.h).
class TextDataset final : public Dataset {
 public:
  /// `name` is what their place is called: "FILE[index]".
  TextDataset(core::TextList texts, std::string name);

  std::int64_t size() const override { return static_cast<std::int64_t>(texts_.size()); }
  void read(std::int64_t index, Sample& sample) const override;
  std::int64_t label(std::int64_t) const override { return -1; }
  std::string name(std::int64_t index) const override;
  std::string key(std::int64_t index) const override { return std::to_string(index); }
  std::int64_t stored_bytes(std::int64_t index) const override;
  const std::vector<std::string>& classes() const override { return classes_; }

  /// Throws DataError for an index that is none.
  std::string_view text(std::int64_t index) const;

 private:
  core::TextList texts_;
  std::string name_;
  std::vector<std::string> classes_;
};

/// A text file of one text a line, or the captions of a file (caption_file.h). Broken UTF-8 is
/// counted and said. Throws DataError for one that cannot be read or holds no text.
std::shared_ptr<const TextDataset> open_texts(const std::filesystem::path& file,
                                              const core::Log& log);

/// The texts that `data` names. `captions` empty: those of a file of texts or captions, else of a
/// data set's images, which lie with them. Otherwise the captions of a data set's images, "beside"
/// or a file (captions.h). Of a data set in parts it is the one to train on. Throws as `open`,
/// `with_captions` and `open_texts` do.
std::shared_ptr<const TextDataset> open_texts(const std::filesystem::path& data,
                                              const std::string& captions,
                                              const OpenContext& context);

/// All captions of the images, each a text of its own.
std::shared_ptr<const TextDataset> texts_of(const CaptionedDataset& images, std::string name);

}  // namespace dbot::data
