"""Writes small Parquet files as Hugging Face's datasets does:
python make_parquet_fixtures.py tests/data/fixtures/parquet

Those with captions go into fixtures/text beside it.

Needs pyarrow 26 and Pillow. The tests only read the result. Image number N of a data set is an 8 x 6
PNG whose pixels are all (10 * N, 100, 200).
"""

import io
import json
import os
import sys

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

out = sys.argv[1]
os.makedirs(out, exist_ok=True)


def picture(number):
    stream = io.BytesIO()
    Image.new("RGB", (8, 6), (10 * number, 100, 200)).save(stream, "png")
    return stream.getvalue()


def hugging_face(first, labels):
    """An image and a label column, with what `datasets` says of them in the schema."""
    features = {
        "image": {"_type": "Image"},
        "coarse": {"names": ["x"], "_type": "ClassLabel"},
        "label": {"names": ["dog", "cat", "cow"], "_type": "ClassLabel"},
    }
    images = [{"bytes": picture(first + i), "path": f"{i}.png"} for i in range(len(labels))]
    table = pa.table({
        "coarse": pa.array([0] * len(labels), pa.int64()),
        "image": pa.array(images, pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        "label": pa.array(labels, pa.int64()),
    })
    return table.replace_schema_metadata(
        {"huggingface": json.dumps({"info": {"features": features}})})


def path(name):
    return os.path.join(out, name)


pq.write_table(hugging_face(0, [2, 0, 1, None, 0]), path("train-00000-of-00002.parquet"),
               row_group_size=2)
pq.write_table(hugging_face(5, [1, -1, 2]), path("train-00001-of-00002.parquet"),
               compression="zstd", use_dictionary=False, data_page_version="2.0")
pq.write_table(hugging_face(0, [0, 1]), path("test-00000-of-00001.parquet"), compression="none")
plain = pa.table({
    "id": pa.array(["one", "two", "three"]),
    "jpg": pa.array([picture(0), None, picture(2)], pa.large_binary()),
    "class": pa.array(["seal", "owl", "seal"]).dictionary_encode(),
})
pq.write_table(plain, path("plain.parquet"), compression="gzip")
struct = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def structs(numbers):
    return pa.array([{"bytes": picture(number), "path": None} for number in numbers], struct)


pq.write_table(pa.table({
    "annotation": structs([23, 24, 25]),
    "image": structs([0, 1, 2]),
    "label": pa.array([1.0, 0.5, 0.0], pa.float64()),
}), path("SEVERAL.PARQUET"))
pq.write_table(pa.table({
    "image": structs([0, 1]),
    "labels": pa.array([[0, 1], [1]], pa.list_(pa.int64())),
}), path("lists.parquet"))
pq.write_table(pa.table({
    "a_hash": pa.array([b"12345678", b"abcdefgh"]),
    "blob": pa.array([None, picture(1)]),
    "thumbnail": pa.array([picture(24), picture(25)]),
}), path("bytes.parquet"))
pq.write_table(pa.table({"text": ["a", "b"], "number": [1, 2]}), path("no_image.parquet"))
pq.write_table(pa.table({
    "image": structs([0, 1]),
    "label": pa.array([{"id": 1, "name": "owl"}, {"id": 0, "name": "seal"}]),
}), path("struct_label.parquet"))
pq.write_table(pa.table({
    "image": pa.array([{"bytes": None, "path": "a.png"}, {"bytes": None, "path": "b.png"}], struct),
    "label": pa.array([["owl"], []], pa.list_(pa.string())),
}), path("paths.parquet"))
pq.write_table(pa.table({
    "image": structs([0, 1, 2, 3]),
    "Captions": pa.array([["zero"], ["one a", "one b"], [], ["three"]], pa.list_(pa.string())),
}), os.path.join(out, "../text/captions.parquet"), row_group_size=3)
pq.write_table(pa.table({
    "image": structs([0, 1, 2]),
    "text": pa.array(["zero", None, "two"]),
    "caption_id": [1, 2, 3],
}), os.path.join(out, "../text/texts.parquet"))
