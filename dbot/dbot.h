#pragma once

// All that a user of the library needs: pre-train, load, embed, evaluate. No type of another
// library but at::Tensor. A first program: examples/pretrain.
#include "dbot/core/error.h"
#include "dbot/core/log.h"
#include "dbot/core/stop.h"
#include "dbot/data/dataset.h"
#include "dbot/data/image/codec.h"
#include "dbot/data/image/normalise.h"
#include "dbot/data/image/sample_image.h"
#include "dbot/data/sources/open.h"
#include "dbot/eval/frozen/embedding.h"
#include "dbot/eval/frozen/evaluation.h"
#include "dbot/eval/frozen/features.h"
#include "dbot/exchange/import/encoder_file.h"
#include "dbot/report/metrics/metrics.h"
#include "dbot/report/pictures/set/picture_set.h"
#include "dbot/run/pretrain/pretrain.h"
#include "dbot/run/recipe/recipe.h"
#include "dbot/run/recipe/recipe_catalog.h"
#include "dbot/runtime/machine.h"
#include "dbot/runtime/precision.h"
#include "dbot/train/observer.h"
