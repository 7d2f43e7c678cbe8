#pragma once

#include "dbot/ops/cuda/kernels.h"

// How the program comes by the kernels: libdbot_cuda.so has this table, and a factory for it.
namespace dbot::ops::cuda {

/// To be raised with every change of this file or of kernels.h: program and module have to agree.
inline constexpr int kKernelTableVersion = 2;

/// Each as in kernels.h.
struct KernelTable {
  int version;
  int (*patches)(const Patches* arguments, Stream stream);
  int (*tokens)(const Tokens* arguments, Stream stream);
  int (*tokens_backward)(const TokensBackward* arguments, Stream stream);
  int (*token_loss)(const TokenLoss* arguments, Stream stream);
  int (*residual_norm)(const ResidualNorm* arguments, Stream stream);
  int (*residual_norm_backward)(const ResidualNormBackward* arguments, Stream stream);
  int (*gelu)(const Gelu* arguments, Stream stream);
  int (*gelu_backward)(const GeluBackward* arguments, Stream stream);
  int (*column_sums)(const ColumnSums* arguments, Stream stream);
  int (*narrowed)(const Narrowed* arguments, Stream stream);
  int (*scaled)(const Scaled* arguments, Stream stream);
  int (*squares)(const Squares* arguments, Stream stream);
  int (*prepare_update)(const PrepareUpdate* arguments, Stream stream);
  int (*adamw_update)(const AdamWUpdate* arguments, Stream stream);
  Products* (*products_open)(void* workspace, std::int64_t bytes);
  void (*products_close)(Products* products);
  int (*product)(Products* products, const Product* arguments, Stream stream);
};

/// The factory: `extern "C" const KernelTable* dbot_kernel_table()`.
inline constexpr const char* kKernelTableSymbol = "dbot_kernel_table";

}  // namespace dbot::ops::cuda
