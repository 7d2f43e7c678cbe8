#include "dbot/data/audit/finding.h"

namespace dbot::data {

const std::array<FindingText, kFindingKinds>& finding_texts() {
  using enum FindingKind;
  using enum Gravity;
  static constexpr std::array<FindingText, kFindingKinds> kTexts{{
      {empty, "empty", broken, "Empty files",
       "They have no byte: a copy or download that never happened. Fetch them again."},
      {unreadable, "unreadable", broken, "Unreadable files",
       "The system does not let them be read: a lack of rights, a failing disk, a link that leads "
       "nowhere."},
      {not_an_image, "not_an_image", broken, "No images",
       "They are named like images, but their content is something else: often the error page of "
       "a download."},
      {truncated, "truncated", broken, "Truncated",
       "The file ends before its pixels do. Fetch them again."},
      {corrupt, "corrupt", broken, "Corrupt",
       "The content contradicts itself, so that no picture comes of it."},
      {too_large, "too_large", broken, "Beyond the limits",
       "They claim more pixels or memory than an image may have; shrink them."},
      {channels, "channels", broken, "Other numbers of channels",
       "They do not have as many channels as most images, or as are wanted. A run reads one number "
       "of channels alone, model.channels."},
      {unread_kind, "unread_kind", broken, "Sound, but of a kind that is not read",
       "Nothing says that they are damaged: do not delete them. Convert them to JPEG, PNG or a "
       "TIFF of 8 bits, 16 bits or floats if they are to be used."},
      {leak, "leak", suspicious, "In two parts",
       "The same picture is in training and in validation or test, or in both of these: accuracies "
       "will be too good. A quarantine list keeps the one in test, else that in validation."},
      {label_conflict, "label_conflict", suspicious, "One picture, two classes",
       "Copies of one picture lie in different classes: at most one label is right. A quarantine "
       "list leaves out all of them."},
      {duplicate, "duplicate", suspicious, "Duplicates",
       "The same bytes again, under another name: seen twice as often as others. A quarantine "
       "list keeps one of each group."},
      {near_duplicate, "near_duplicate", suspicious, "Near-duplicates",
       "The same picture, compressed anew, resized or made brighter. A quarantine list keeps the "
       "one with most pixels."},
      {damaged, "damaged", suspicious, "Damaged inside",
       "They decode, but data are left over: part of the picture is most likely shifted, streaked "
       "or discoloured. Look at them."},
      {wrong_type, "wrong_type", suspicious, "Named as another kind",
       "The extension says another kind than the content. dbot goes by content; other programs "
       "may not."},
      {unread_image, "unread_image", suspicious, "Images that are not read",
       "Pictures of a kind or name that is passed over, or outside the parts of the data set. "
       "Convert, rename or move them if they are to be used."},
      {value_range, "value_range", suspicious, "Values out of range",
       "Floats are expected in 0…1, whole numbers of 16 bits up to 65535; these become nearly all "
       "white or nearly black. data.value_range says which values are black and white. Pixels that "
       "are not finite (NaN) are to be replaced: they are black."},
      {constant, "constant", suspicious, "One colour",
       "Hardly anything is in the picture: a lens cap, an empty scan, a failed conversion. "
       "Masked pre-training learns nothing from them."},
      {tiny, "tiny", suspicious, "Tiny",
       "A side is very short: enlarged to the network's input, little is to be seen."},
      {elongated, "elongated", suspicious, "Very long or tall",
       "A crop of usual shape sees a small part of such a picture: a panorama, a strip, a banner."},
      {imbalance, "imbalance", suspicious, "Unequal classes",
       "The largest class has many times the images of this one: accuracies say little about it."},
      {lonely_class, "lonely_class", suspicious, "Classes in one part only",
       "A class of the test part cannot be recognised without an image to learn from."},
      {caption_alone, "caption_alone", suspicious, "Captions without their image",
       "They name images that are not there: missing files, or names that are written otherwise. "
       "They are not read."},
      {broken_caption, "broken_caption", suspicious, "Captions that are no UTF-8",
       "Bytes that are no UTF-8 are left out of them: most likely the text has another encoding. "
       "Convert it."},
      {huge, "huge", note, "Huge",
       "Far more pixels than the others, or than a network sees: they slow loading down. Shrinking "
       "them once costs less."},
      {turned, "turned", note, "Stored turned",
       "The file asks to be turned or mirrored (EXIF). dbot does so; many programs do not, and "
       "their labels may not fit."},
      {grey_as_rgb, "grey_as_rgb", note, "Grey stored as colour",
       "Three equal channels. In a set of colour photographs often scans or old pictures."},
      {cmyk, "cmyk", note, "CMYK",
       "Inks for print; converted without a colour profile, so colours are rough."},
      {alpha, "alpha", note, "With transparency",
       "Alpha is dropped: what was hidden behind it is seen."},
      {deep, "deep", note, "More than 8 bits",
       "The upper byte is used. Where most of the range is empty, as in X-ray or infrared images, "
       "stretch it beforehand."},
      {more_pictures, "more_pictures", note, "More than one picture",
       "An animation or pages: the first one is used."},
      {mask, "mask", note, "Masks beside photographs",
       "One-channel pictures of few values, or named as masks or depth maps, with the name of a "
       "photograph beside them. Training and evaluations leave them out."},
      {no_caption, "no_caption", note, "Images without a caption",
       "They are learned from alone, beside those that have one."},
      {empty_caption, "empty_caption", note, "Empty captions",
       "Nothing but white space: they count as missing."},
      {no_end_mark, "no_end_mark", note, "JPEGs without an end mark",
       "Some cameras never write it. All pixels are there and are used."},
      {other_file, "other_file", note, "Other files",
       "They lie among the images and are passed over."},
  }};
  return kTexts;
}

const FindingText& text_of(FindingKind kind) {
  return finding_texts().at(static_cast<std::size_t>(kind));
}

std::string_view name(Gravity gravity) {
  constexpr std::array<std::string_view, 3> kNames{"broken", "suspicious", "note"};
  return kNames.at(static_cast<std::size_t>(gravity));
}

}  // namespace dbot::data
