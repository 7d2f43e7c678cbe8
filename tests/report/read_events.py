"""Prints what TensorBoard's own reader finds in a run's event files, as one JSON object:
{"scalars": {tag: [[step, value], …]}, "images": {tag: [[step, width, height], …]}}.
Values are exact: a float32 is a float64 too; what is not finite is null."""
import json
import logging
import math
import sys

from tensorboard.backend.event_processing import event_accumulator

logging.getLogger("tensorboard").setLevel(logging.ERROR)
reader = event_accumulator.EventAccumulator(
    sys.argv[1], size_guidance={event_accumulator.SCALARS: 0, event_accumulator.IMAGES: 0})
reader.Reload()
tags = reader.Tags()


def finite(value):
    return value if math.isfinite(value) else None


print(json.dumps({
    "scalars": {tag: [[event.step, finite(event.value)] for event in reader.Scalars(tag)]
                for tag in tags["scalars"]},
    "images": {tag: [[event.step, event.width, event.height] for event in reader.Images(tag)]
               for tag in tags["images"]},
}))
