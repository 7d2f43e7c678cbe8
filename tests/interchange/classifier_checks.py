"""timm, transformers and ONNX Runtime compute the logits of our classifiers."""

import csv

import numpy
import torch
from checks import ToolTest
from PIL import Image
from workshop import description_of

shop = None


class ClassifierTest(ToolTest):
    @classmethod
    def setUpClass(cls):
        cls.data = shop.folder / "classes"
        random = numpy.random.default_rng(11)
        for part, count in (("train", 8), ("val", 5)):
            for label, level in (("dark", 0), ("light", 90)):
                folder = cls.data / part / label
                folder.mkdir(parents=True)
                for number in range(count):
                    coarse = random.integers(level, level + 160, (6, 6, 3), numpy.uint8)
                    picture = Image.fromarray(coarse).resize((32, 32), Image.Resampling.BICUBIC)
                    picture.save(folder / f"{number}.png")
        cls.symmetric = shop.beit("classifier-beit.safetensors", shared=True)
        cls.plain = shop.run("classifier-start")

    def trained(self, name, start, pooling):
        """A fine-tuned run and its logits of the test images as timm has them, which are ours."""
        out = shop.folder / name
        shop.dbot(
            *("evaluate", "finetune", "--model", start, "--data", self.data, "--out", out),
            *("--precision", "fp32", "--threads", 1, "--epochs", 2),
            *("--set", "train.batch_size=8", "--set", f"head.pooling={pooling}"),
            *("--set", "head.deviation=0.3"),
        )
        loaded = shop.export(out, "timm", f"{name}-timm.safetensors")
        with (out / "predictions.csv").open() as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len(rows), 10)
        pixels = torch.stack(
            [torch.from_numpy(numpy.asarray(Image.open(row["name"]))) for row in rows]
        )
        description = description_of(out / "model.safetensors")
        mean, std = (torch.tensor(description[key]) for key in ("mean", "std"))
        images = (((pixels / 255) - mean) / std).permute(0, 3, 1, 2).float().contiguous()
        with torch.inference_mode():
            logits = loaded["model"](images)
        said = logits.softmax(1).max(1)
        classes = description["head"]["classes"]
        self.assertEqual([classes[i] for i in said.indices], [row["predicted"] for row in rows])
        ours = torch.tensor([float(row["probability"]) for row in rows])
        self.assert_close(said.values, ours, 1e-5)
        return out, images, logits

    def test_all_tools_have_the_same_logits(self):
        for name, start, pooling, theirs in (
            ("mean", self.plain, "mean", "BeitForImageClassification"),
            ("cls", self.plain, "cls", "ViTForImageClassification"),
            ("symmetric", self.symmetric, "mean", "BeitForImageClassification"),
        ):
            with self.subTest(name):
                out, images, logits = self.trained(f"classifier-{name}", start, pooling)
                model = shop.export(out, "huggingface", f"{name}-hf")["model"]
                self.assertEqual(type(model).__name__, theirs)
                self.assertEqual(model.config.id2label, {0: "dark", 1: "light"})
                with torch.inference_mode():
                    self.assert_close(model(images).logits, logits)
                session = shop.export(out, "onnx", f"{name}.onnx")["session"]
                (found,) = session.run(["logits"], {"images": images.numpy()})
                self.assert_close(torch.from_numpy(found), logits)
