#pragma once

#include <cstdint>
#include <span>

// What is fuzzed: everything that reads a file somebody else may have written. A target takes any
// bytes and returns. It lets through no exception but the errors its reader documents, and aborts
// where a promise of the reader does not hold. Nothing of one call is left for the next.
namespace dbot::fuzz {

using Bytes = std::span<const std::uint8_t>;

/// A safetensors file: header, and every byte of every tensor.
void safetensors(Bytes input);
/// A file of torch.save or of any other container of weights.
void torch_file(Bytes input);
/// The pickle inside such a file.
void pickle(Bytes input);
/// The JSON files beside weights: what they say about them, and the index of their parts.
void weights_folder(Bytes input);
/// A recipe; the lines after a line "---" are `--set` assignments.
void recipe(Bytes input);
/// An IDX file, plain or gzip.
void idx(Bytes input);
/// A tar archive.
void tar(Bytes input);
/// The index of a pack.
void pack_index(Bytes input);
/// A list of images, of each kind.
void list(Bytes input);
/// A binary file of CIFAR-10 and CIFAR-100.
void cifar(Bytes input);
/// An image file of any kind: a part of it and all of it, to grey and to RGB.
void image(Bytes input);
/// The index of a data folder, behind its checksum.
void folder_index(Bytes input);
/// Captions: tables, JSON lines and documents.
void captions(Bytes input);
/// A file of Reuters-21578.
void news(Bytes input);
/// Tables of texts, samples and scores with several labels each.
void label_tables(Bytes input);
/// A vocabulary, one token a line.
void vocabulary(Bytes input);
/// A text: its words, a vocabulary trained from them, and its tokens.
void word_piece(Bytes input);
/// The index of a video, behind its checksum.
void video_index(Bytes input);
/// A video file: its packets and, where they call for it, its frames, under a limit of time.
void video(Bytes input);
/// A list of images to leave out.
void leave_out(Bytes input);
/// What a stopped check of a data set has left.
void survey_journal(Bytes input);
/// manifest.json and state.json of a checkpoint.
void checkpoint(Bytes input);
/// metrics.jsonl: reading, and cutting off what is later than a step.
void metrics(Bytes input);
/// pictures.json of a run.
void pictures(Bytes input);
/// exhibits.json beside it.
void exhibits(Bytes input);
/// `dbot.config`, the description of an encoder in a weights file.
void encoder_description(Bytes input);
/// Names and shapes of a weights file without a description: one "name extent extent …" a line.
void encoder_shapes(Bytes input);

}  // namespace dbot::fuzz
