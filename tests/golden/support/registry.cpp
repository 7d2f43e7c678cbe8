#include "tests/golden/support/registry.h"

#include <iterator>

namespace dbot::golden {
namespace {

constexpr Entry<CaseFunction> kCases[] = {
    {"checkpoint.import", check_checkpoint_import},
    {"checkpoint.names", check_checkpoint_names},
    {"dbot.drop_path", check_drop_path},
    {"dbot.forward", check_dbot_forward, true},
    {"dbot.steps", check_dbot_steps, true},
    {"dbot.symmetric", check_symmetric, true},
    {"dbot.symmetric_finetune", check_symmetric_finetune, true},
    {"dbot.symmetric_steps", check_symmetric_steps, true},
    {"exssnet.kkt", check_exssnet_kkt},
    {"exssnet.masks", check_exssnet_masks},
    {"exssnet.metrics", check_exssnet_metrics},
    {"exssnet.text_cnn", check_exssnet_text},
    {"exssnet.trace", check_exssnet_trace},
    {"finetune.steps", check_finetune_steps},
    {"imae.pretrain", check_imae_pretrain},
    {"imae.separability", check_imae_separability},
    {"knn", check_knn},
    {"lars", check_lars},
    {"linear_probe.steps", check_linear_probe},
    {"losses", check_losses, true},
    {"m3ae.pretrain", check_m3ae_pretrain},
    {"m3ae.representation", check_m3ae_representation},
    {"m3ae.wordpiece", check_word_piece},
    {"mae.forward", check_mae_forward, true},
    {"mae.steps", check_mae_steps, true},
    {"mae_st.classify", check_mae_st_classify},
    {"mae_st.mask", check_mae_st_masks},
    {"mae_st.pretrain", check_mae_st_pretrain},
    {"mae_st.views_and_schedule", check_mae_st_views},
    {"mask.block", check_block_mask},
    {"mask.random", check_random_mask, true},
    {"maskdistill.mask_and_tables", check_maskdistill_tables},
    {"maskdistill.pretrain", check_maskdistill_pretrain},
    {"meta_multilabel.episode", check_multilabel_episode},
    {"meta_multilabel.metrics", check_multilabel_metrics},
    {"meta_multilabel.pieces", check_multilabel_pieces},
    {"mixmask.frameworks", check_mixmask_frameworks},
    {"mixmask.mask", check_mixmask_masks},
    {"mixmask.moco", check_mixmask_moco},
    {"mixmask.unmix_cifar", check_unmix_cifar},
    {"mixup", check_mixup},
    {"patchify", check_patchify, true},
    {"position_embedding", check_position_embedding},
    {"relative_position.index", check_relative_position_index},
    {"relative_position.resize", check_relative_position_resize},
    {"resnet.features", check_resnet},
    {"vit.classify", check_classify, true},
};

/// Cases that exist and whose part of the program does not yet.
constexpr std::string_view kCasesToCome[] = {
    "analysis.functions", "analysis.network", "brep.distance", "brep.geometry", "brep.network",
    "elo.block2plus1d",   "elo.cma",          "elo.fitness",   "elo.losses",    "elo.tournament",
};

constexpr Entry<TableFunction> kTables[] = {
    {"fusion25_table", nullptr},      {"layer_decay", check_layer_decay},
    {"len_keep", check_kept_patches}, {"lr_schedule", check_learning_rates},
    {"mfcad_table", nullptr},         {"single_shot_crop", check_single_shot_crop},
};

}  // namespace

const Entry<CaseFunction>* find_case(std::string_view name) {
  for (const auto& entry : kCases) {
    if (entry.name == name) return &entry;
  }
  static constexpr Entry<CaseFunction> kNotBuilt{};
  for (const std::string_view known : kCasesToCome) {
    if (known == name) return &kNotBuilt;
  }
  return nullptr;
}

const Entry<TableFunction>* find_table(std::string_view file_name) {
  const Entry<TableFunction>* longest = nullptr;
  for (const auto& entry : kTables) {
    if (file_name.starts_with(entry.name) &&
        (longest == nullptr || entry.name.size() > longest->name.size())) {
      longest = &entry;
    }
  }
  return longest;
}

}  // namespace dbot::golden
