// The recipe keys of images with texts: their bounds, units and meanings.
#include "dbot/core/settings/ranges.h"
#include "dbot/methods/encoder_keys.h"
#include "dbot/methods/image_text/image_text_entry.h"

namespace dbot::methods {
namespace {

constexpr double kMostTokens = 4096, kMostWords = 1 << 22;

void bind_text(core::Settings& settings, ImageTextConfig& config) {
  using core::at_least;
  settings.add("text.length", config.text_length, at_least(1, kMostTokens), "tokens",
               "Tokens of a caption: longer ones are cut, shorter ones padded.");
  settings.add("text.vocabulary_size", config.vocabulary, at_least(3, kMostWords), "",
               "Tokens that the network knows, at least those of the vocabulary; id 0 pads.");
  settings.add("text.vocab", config.vocabulary_path,
               "A vocabulary of one token a line, such as BERT's vocab.txt; empty: one of "
               "text.vocabulary_size tokens is learned from the texts.");
  settings.add("text.captions", config.captions_path,
               "\"beside\": captions lie with their images; or a file of captions.");
  settings.add("text.unpaired", config.unpaired_path,
               "A file of texts without images, one a line, or of captions.");
  settings.add("text.drop", config.caption_drop, at_least(0, 1), "fraction",
               "Share of captions that are left out.");
  settings.add_choice("text.drop_scope", config.drop_scope, {"drawn", "fixed"},
                      "Which captions: drawn anew each time, or always those of the samples i with "
                      "(i mod 100)/100 below the share.");
  settings.add("text.unpaired_length", config.unpaired_length, at_least(1, kMostTokens), "tokens",
               "Tokens of a text without an image.");
}

void bind_mask(core::Settings& settings, ImageTextConfig& config) {
  settings.add("mask.ratio", config.mask_ratio, core::below(0, 1), "fraction",
               "Share of an image's patches hidden from the encoder.");
  settings.add("mask.text_ratio", config.text_ratio, core::below(0, 1), "fraction",
               "Share of a text's tokens hidden from the encoder; padded ones are among them.");
  settings.add_choice("mask.scope", config.mask_scope, {"per_sample", "per_batch"},
                      "A mask is drawn for each sample, or one for a whole batch.");
}

}  // namespace

void bind(core::Settings& settings, ImageTextConfig& config) {
  using core::at_least;
  settings.place_behind("");
  bind_encoder(settings, config.encoder);
  settings.add("model.type_vectors", config.type_vectors,
               "A learned vector for images and one for texts, added to their tokens.");
  bind_decoder(settings, config.decoder);
  settings.add("decoder.head_depth", config.head_depth, at_least(0, kMostBlocks), "layers",
               "Hidden layers of the two output heads; 0: one matrix each.");
  settings.add_choice("start.init", config.start, {"random", "file"},
                      "The first weights: drawn at random, or those of an M3AE.");
  settings.add("start.path", config.start_path,
               "A safetensors file of an M3AE, with init = \"file\" alone.");
  bind_text(settings, config);
  bind_mask(settings, config);
  settings.add("objective.image_weight", config.image_weight, at_least(0, 1e6), "",
               "Weight of the squared error of masked patches; 0: images are not read.");
  settings.add("objective.text_weight", config.text_weight, at_least(0, 1e6), "",
               "Weight of the cross entropy of masked caption tokens; 0: captions are not read.");
  settings.add("objective.unpaired_weight", config.unpaired_weight, at_least(0, 1e6), "",
               "The same of texts without an image.");
  settings.place_behind("train.accumulate");
  settings.add("train.drop_path", config.drop_path, core::below(0, 1), "fraction",
               "Stochastic depth of all blocks of the encoder.");
}

}  // namespace dbot::methods
