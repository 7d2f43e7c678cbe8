#pragma once

#include <string_view>

// What names of files and folders say about the part of a data set that is in them.
namespace dbot::data {

enum class PartWord { none, train, val, test };

/// Of a folder whose whole name says it, in any case: "Valid", "dev", "train2017", "test-images".
/// None for "train cars".
PartWord part_of_folder(std::string_view name);

/// The first of the words in a name that tells a part: "imagenet-train-000.tar".
PartWord part_in_name(std::string_view name);

/// How usual a folder's name is for its part: 0 for "train", "val" and "test" themselves, less
/// usual ones have more. Only for names that tell a part.
int unusualness(std::string_view folder);

}  // namespace dbot::data
