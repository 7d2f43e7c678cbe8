"""ONNX Runtime computes our features, at any image size and in any batch."""

import numpy
import onnx
import onnxruntime
import timm
import torch
from checks import ToolTest
from safetensors.torch import save_file
from workshop import description_of

shop = None


class OnnxTest(ToolTest):
    @classmethod
    def setUpClass(cls):
        cls.run_folder = shop.run("onnx")
        cls.description = description_of(cls.run_folder / "model.safetensors")
        cls.exported = shop.export(cls.run_folder, "onnx", "vit.onnx")

    def compute(self, session, images):
        found = session.run(["cls", "mean", "patches"], {"images": images})
        return [torch.from_numpy(array) for array in found]

    def assert_ours(self, session, images, expected):
        cls, mean, patches = self.compute(session, images)
        self.assert_close(cls, expected[0])
        self.assert_close(mean, expected[1])
        self.assert_close(patches.mean(1), expected[1])

    def test_the_model_is_sound_and_says_what_it_is(self):
        onnx.checker.check_model(str(self.exported["path"]), full_check=True)
        model = onnx.load(self.exported["path"])
        facts = {entry.key: entry.value for entry in model.metadata_props}
        self.assertEqual(sorted(facts), ["dbot.config", "mean", "std"])
        self.assertEqual([entry.version for entry in model.opset_import], [17])

    def test_features_are_ours_in_any_batch(self):
        data = shop.images(32, 32)
        images = shop.normalised(data, self.description).numpy()
        expected = shop.features(self.run_folder, data)
        for count in (1, 3, 5):
            with self.subTest(count):
                some = [feature[:count] for feature in expected]
                self.assert_ours(self.exported["session"], images[:count], some)

    def test_other_image_sizes(self):
        for side in (16, 48, 80):
            with self.subTest(side):
                data = shop.images(side, side)
                images = shop.normalised(data, self.description).numpy()
                expected = shop.features(self.run_folder, data, "--image-size", side)
                self.assert_ours(self.exported["session"], images, expected)

    def test_images_that_are_not_square(self):
        images = shop.normalised(shop.images(24, 56), self.description)
        model = shop.export(
            self.run_folder, "timm", "24x56.safetensors", "--image-size", "24x56"
        )["model"]
        with torch.inference_mode():
            tokens = model.forward_features(images)
        cls, mean, patches = self.compute(self.exported["session"], images.numpy())
        self.assert_close(cls, tokens[:, 0])
        self.assert_close(patches, tokens[:, 1:])
        self.assert_close(mean, tokens[:, 1:].mean(1))

    def test_a_network_of_grey_images_that_are_not_square(self):
        run = shop.run("onnx-grey", "dbot", height=24, width=40, channels=1)
        session = shop.export(run, "onnx", "grey.onnx")["session"]
        data = shop.images(24, 40, grey=True)
        images = shop.normalised(data, description_of(run / "model.safetensors")).numpy()
        self.assert_ours(session, images, shop.features(run, data))

    def test_relative_positions(self):
        for shared, sides in ((True, (32, 32)), (False, (24, 40))):
            with self.subTest(shared=shared):
                source = shop.beit("onnx-beit.safetensors", shared, *sides)
                exported = shop.export(source, "onnx", "beit.onnx", "--force")
                onnx.checker.check_model(str(exported["path"]), full_check=True)
                data = shop.images(*sides)
                images = shop.normalised(data, description_of(source)).numpy()
                self.assert_ours(exported["session"], images, shop.features(source, data))

    def test_pixels_are_normalised_in_the_graph_when_asked(self):
        data = shop.images(32, 32)
        pixels = shop.pixels(data)
        expected = shop.features(self.run_folder, data)
        for kind, images in (("bytes", pixels), ("unit", pixels.astype("float32") / 255)):
            with self.subTest(kind):
                session = shop.export(
                    self.run_folder, "onnx", f"{kind}.onnx", "--pixels", kind
                )["session"]
                self.assert_ours(session, images, expected)

    def test_weights_in_a_second_file(self):
        exported = shop.export(self.run_folder, "onnx", "apart.onnx", "--external-data")
        data_file = exported["path"].with_name("apart.onnx.data")
        self.assertGreater(data_file.stat().st_size, 100_000)
        onnx.checker.check_model(str(exported["path"]), full_check=True)
        data = shop.images(32, 32)
        images = shop.normalised(data, self.description).numpy()
        self.assert_ours(exported["session"], images, shop.features(self.run_folder, data))

    def test_a_network_without_blocks_from_elsewhere(self):
        torch.manual_seed(1)
        model = timm.models.vision_transformer.VisionTransformer(
            img_size=32, patch_size=8, num_classes=0, embed_dim=64, depth=0, num_heads=1
        ).eval()
        save_file(model.state_dict(), shop.folder / "shallow.safetensors")
        session = shop.export(shop.folder / "shallow.safetensors", "onnx", "shallow.onnx")["session"]
        images = numpy.random.default_rng(2).standard_normal((2, 3, 32, 32), "float32")
        with torch.inference_mode():
            tokens = model.forward_features(torch.from_numpy(images))
        cls, _, patches = self.compute(session, images)
        self.assert_close(cls, tokens[:, 0])
        self.assert_close(patches, tokens[:, 1:])

    def test_the_runtime_fuses_gelu(self):
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.optimized_model_filepath = str(shop.folder / "fused.onnx")
        onnxruntime.InferenceSession(
            self.exported["path"], options, providers=["CPUExecutionProvider"]
        )
        kinds = [node.op_type for node in onnx.load(options.optimized_model_filepath).graph.node]
        self.assertNotIn("Erf", kinds)
