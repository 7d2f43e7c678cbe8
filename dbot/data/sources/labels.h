#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace dbot::data {

/// The label of each sample and the names of the classes it counts.
struct Labels {
  std::vector<std::int32_t> of_sample;  // −1: unlabelled
  std::vector<std::string> classes;     // empty: nothing is labelled
};

/// Labels as a source gives them, in the order of its samples: words or numbers.
class LabelWords {
 public:
  /// The next sample's label; an empty one leaves it unlabelled.
  void add(std::string_view word);
  /// True if every sample so far has a label.
  bool complete() const { return !has_unlabelled_; }
  std::size_t samples() const { return of_sample_.size(); }
  std::size_t words() const { return words_.size(); }
  /// Forgets the words of all samples.
  void make_unlabelled();

 private:
  friend std::vector<Labels> number_alike(const std::vector<LabelWords>& parts,
                                          const std::vector<std::string>& known);
  std::vector<std::int32_t> of_sample_;  // place in words_, −1: none
  std::map<std::string, std::int32_t, std::less<>> words_;
  bool has_unlabelled_ = false;
};

/// Labels of the parts of a data set, which count the same classes: those that are `known`, in
/// their order; else, if all labels are whole numbers below 2^20, the numbers from 0 on, by which
/// the samples keep their number; else the words of all parts, sorted byte-wise. A word that is not
/// known leaves its sample unlabelled.
std::vector<Labels> number_alike(const std::vector<LabelWords>& parts,
                                 const std::vector<std::string>& known = {});

/// Throws DataError, naming `path`, unless there are two: evaluation tells classes apart.
void require_two_classes(const std::filesystem::path& path,
                         const std::vector<std::string>& classes);

}  // namespace dbot::data
