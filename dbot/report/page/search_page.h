#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/data/image/image.h"
#include "dbot/report/pictures/sheet/contact_sheet.h"

namespace dbot::report {

/// An image that was asked for or found.
struct SearchedImage {
  std::string name;          // within its data set
  std::string label = {};    // its class; empty: none
  data::Image picture = {};  // RGB, at most `kSheetTile` pixels a side; empty: cannot be shown
  double similarity = 0;     // cosine to what is asked for
  bool copy = false;         // so like it that it is the same picture
};

struct SearchedQuery {
  SearchedImage query;
  std::vector<SearchedImage> nearest;
};

/// What a page and a contact sheet of a search are made of.
struct SearchShown {
  std::string data, model, features;  // paths; "mean"
  std::int64_t images = 0;            // that were searched
  std::int64_t asked = 0;             // queries, of which these are shown:
  std::vector<SearchedQuery> queries;
};

/// In one sentence what was found.
std::string search_sentence(const SearchShown& search);

/// The page's data as one JSON document, ASCII and without markup. Pictures beyond three megabytes
/// are left out.
std::string search_page_data(const SearchShown& search);

/// The same as rows of a contact sheet: similarity, name and class below each picture.
std::vector<SheetRow> search_sheet(const SearchShown& search);

}  // namespace dbot::report
