#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "tests/golden/harness/comparison.h"
#include "tests/golden/harness/fixture.h"

namespace dbot::golden {

using CaseFunction = void (*)(const Fixture&, Comparison&);
using TableFunction = void (*)(const nlohmann::json&, Comparison&);

/// A known case, or one of a JSON table; `run` is null while it is not built. Of `anywhere` are
/// those that compute where the fixture's inputs lie; the others are the host's.
template <typename Function>
struct Entry {
  std::string_view name;
  Function run = nullptr;
  bool anywhere = false;
};

/// Null for an unknown case.
const Entry<CaseFunction>* find_case(std::string_view name);
/// The longest known prefix of a file name; null if there is none.
const Entry<TableFunction>* find_table(std::string_view file_name);

// Cases, one family a file.
void check_mae_forward(const Fixture& fixture, Comparison& comparison);
void check_mae_steps(const Fixture& fixture, Comparison& comparison);
void check_mae_st_masks(const Fixture& fixture, Comparison& comparison);
void check_dbot_forward(const Fixture& fixture, Comparison& comparison);
void check_drop_path(const Fixture& fixture, Comparison& comparison);
void check_dbot_steps(const Fixture& fixture, Comparison& comparison);
void check_random_mask(const Fixture& fixture, Comparison& comparison);
void check_position_embedding(const Fixture& fixture, Comparison& comparison);
void check_patchify(const Fixture& fixture, Comparison& comparison);
void check_losses(const Fixture& fixture, Comparison& comparison);
void check_knn(const Fixture& fixture, Comparison& comparison);
void check_symmetric(const Fixture& fixture, Comparison& comparison);
void check_symmetric_steps(const Fixture& fixture, Comparison& comparison);
void check_symmetric_finetune(const Fixture& fixture, Comparison& comparison);
void check_relative_position_index(const Fixture& fixture, Comparison& comparison);
void check_relative_position_resize(const Fixture& fixture, Comparison& comparison);
void check_block_mask(const Fixture& fixture, Comparison& comparison);
void check_checkpoint_import(const Fixture& fixture, Comparison& comparison);
void check_checkpoint_names(const Fixture& fixture, Comparison& comparison);
void check_classify(const Fixture& fixture, Comparison& comparison);
void check_finetune_steps(const Fixture& fixture, Comparison& comparison);
void check_linear_probe(const Fixture& fixture, Comparison& comparison);
void check_mixup(const Fixture& fixture, Comparison& comparison);
void check_maskdistill_tables(const Fixture& fixture, Comparison& comparison);
void check_maskdistill_pretrain(const Fixture& fixture, Comparison& comparison);
void check_lars(const Fixture& fixture, Comparison& comparison);
void check_mixmask_frameworks(const Fixture& fixture, Comparison& comparison);
void check_mixmask_masks(const Fixture& fixture, Comparison& comparison);
void check_mixmask_moco(const Fixture& fixture, Comparison& comparison);
void check_resnet(const Fixture& fixture, Comparison& comparison);
void check_unmix_cifar(const Fixture& fixture, Comparison& comparison);
void check_imae_pretrain(const Fixture& fixture, Comparison& comparison);
void check_imae_separability(const Fixture& fixture, Comparison& comparison);
void check_word_piece(const Fixture& fixture, Comparison& comparison);
void check_mae_st_classify(const Fixture& fixture, Comparison& comparison);
void check_mae_st_pretrain(const Fixture& fixture, Comparison& comparison);
void check_mae_st_views(const Fixture& fixture, Comparison& comparison);
void check_m3ae_pretrain(const Fixture& fixture, Comparison& comparison);
void check_multilabel_episode(const Fixture& fixture, Comparison& comparison);
void check_multilabel_pieces(const Fixture& fixture, Comparison& comparison);
void check_multilabel_metrics(const Fixture& fixture, Comparison& comparison);
void check_m3ae_representation(const Fixture& fixture, Comparison& comparison);
void check_exssnet_kkt(const Fixture& fixture, Comparison& comparison);
void check_exssnet_masks(const Fixture& fixture, Comparison& comparison);
void check_exssnet_metrics(const Fixture& fixture, Comparison& comparison);
void check_exssnet_text(const Fixture& fixture, Comparison& comparison);
void check_exssnet_trace(const Fixture& fixture, Comparison& comparison);

// JSON tables.
void check_learning_rates(const nlohmann::json& table, Comparison& comparison);
void check_kept_patches(const nlohmann::json& table, Comparison& comparison);
void check_layer_decay(const nlohmann::json& table, Comparison& comparison);
void check_single_shot_crop(const nlohmann::json& table, Comparison& comparison);

}  // namespace dbot::golden
