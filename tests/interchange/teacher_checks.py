"""Frozen teachers of other projects: the program computes what timm and transformers compute."""

import json

import onnx
import onnxruntime
import teachers
import torch
from checks import ToolTest
from safetensors import safe_open
from safetensors.torch import load_file

shop = None

OTHER = 48  # pixels


class TeacherTest(ToolTest):
    @classmethod
    def setUpClass(cls):
        cls.teachers = [make() for make in teachers.ALL]

    def model(self, teacher):
        """What to name as a model, and its description."""
        path = teacher.write(shop.folder / "teachers" / teacher.name)
        heads = ("--heads", teacher.heads) if teacher.heads else ()
        described = shop.imported(path, *heads)[1]
        if not teacher.heads:
            return path, described
        out = path.with_name("with-heads.safetensors")
        shop.dbot("import", path, *heads, "--out", out, "--force")
        return out, described

    def embedded(self, model, data, *more):
        out = shop.folder / "teacher-features.safetensors"
        words = ("embed", "--model", model, "--data", data, "--out", out, "--force", *more)
        shop.dbot(*words, "--precision", "fp32", "--split", "all")
        return load_file(out)

    def assert_theirs(self, teacher, found, images):
        cls, mean = teacher.compute(images)
        self.assert_close(found["mean"], mean)
        if cls is None:
            self.assertNotIn("cls", found)
        else:
            self.assert_close(found["cls"], cls)

    def test_features_are_theirs_at_their_own_size_and_at_another(self):
        for teacher in self.teachers:
            model, described = self.model(teacher)
            if teacher.mean_is is not None:
                self.assertAlmostEqual(described["mean"][0], teacher.mean_is)
            sides = (teachers.SIDE,) if len(teacher.sides) == 1 else (teachers.SIDE, OTHER)
            for side in sides:
                with self.subTest(teacher.name, side=side):
                    data = shop.images(side, side)
                    images = shop.normalised(data, described | normalisation(described))
                    found = self.embedded(model, data, "--image-size", side)
                    self.assert_theirs(teacher, found, images)

    def test_onnx_computes_theirs_too(self):
        for teacher in self.teachers:
            model, described = self.model(teacher)
            for height, width in teacher.sides:
                with self.subTest(teacher.name, size=(height, width)):
                    out = shop.folder / f"{teacher.name}.onnx"
                    shop.dbot(
                        *("export", model, "--format", "onnx", "--out", out, "--force"),
                        *("--image-size", f"{height}x{width}"),
                    )
                    onnx.checker.check_model(str(out), full_check=True)
                    session = onnxruntime.InferenceSession(out, providers=["CPUExecutionProvider"])
                    names = [output.name for output in session.get_outputs()]
                    images = shop.normalised(
                        shop.images(height, width), described | normalisation(described)
                    )
                    arrays = session.run(names, {"images": images.numpy()})
                    found = dict(zip(names, map(torch.from_numpy, arrays)))
                    del found["patches"]
                    self.assert_theirs(teacher, found, images)

    def test_they_teach_and_their_origin_stands_in_the_student(self):
        for make, cls in ((teachers.dinov3_hugging_face, "true"), (teachers.siglip_hugging_face, "false")):
            with self.subTest(make.__name__):
                model, _ = self.model(make())
                student = shop.folder / f"{make.__name__}-student"
                shop.run_with(
                    student,
                    *("--set", "teacher.init=file", "--set", f"teacher.path={model}"),
                    *("--set", f"objective.cls={cls}"),
                )
                with safe_open(student / "model.safetensors", "pt") as file:
                    config = json.loads(file.metadata()["dbot.config"])
                self.assertEqual(len(config["sources"][0]["sha256"]), 64)


def normalisation(described):
    """ImageNet's where the file says none, as `embed` assumes."""
    if described["mean"]:
        return {}
    return {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
