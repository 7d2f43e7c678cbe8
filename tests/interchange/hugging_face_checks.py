"""transformers' ViT and ViTMAE compute our features and predictions."""

import json

import numpy
import reference
import torch
import transformers
from checks import ToolTest
from PIL import Image
from safetensors.torch import load_file
from workshop import description_of

shop = None
HEADS, DECODER_HEADS = 3, 4


class HuggingFaceTest(ToolTest):
    @classmethod
    def setUpClass(cls):
        transformers.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        cls.run_folder = shop.run("hf")
        cls.description = description_of(cls.run_folder / "model.safetensors")
        cls.data = shop.images(32, 32)
        cls.images = shop.normalised(cls.data, cls.description)

    def assert_complete(self, model_class, folder, **options):
        """Every weight has a place and every place a weight."""
        _, info = model_class.from_pretrained(folder, output_loading_info=True, **options)
        for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
            self.assertFalse(info[kind], kind)

    def test_vit_features_are_ours(self):
        loaded = shop.export(self.run_folder, "huggingface", "vit")
        self.assert_complete(transformers.ViTModel, loaded["path"], add_pooling_layer=False)
        with torch.inference_mode():
            tokens = loaded["model"](self.images).last_hidden_state
        self.assert_features(tokens, shop.features(self.run_folder, self.data))

    def test_vit_with_the_gelu_by_tanh(self):
        run = shop.folder / "hf-tanh"
        shop.run_with(run, "--set", "model.gelu=tanh")
        loaded = shop.export(run, "huggingface", "vit-tanh")
        images = shop.normalised(self.data, description_of(run / "model.safetensors"))
        with torch.inference_mode():
            tokens = loaded["model"](images).last_hidden_state
        self.assert_features(tokens, shop.features(run, self.data))

    def test_vit_at_another_image_size(self):
        model = shop.export(self.run_folder, "huggingface", "vit-48")["model"]
        data = shop.images(48, 48)
        images = shop.normalised(data, self.description)
        with torch.inference_mode():
            tokens = model(images, interpolate_pos_encoding=True).last_hidden_state
        self.assert_features(tokens, shop.features(self.run_folder, data, "--image-size", "48"))

    def test_vit_of_grey_images_that_are_not_square(self):
        run = shop.run("hf-grey", "dbot", height=24, width=40, channels=1)
        loaded = shop.export(run, "huggingface", "vit-grey")
        data = shop.images(24, 40, grey=True)
        images = shop.normalised(data, description_of(run / "model.safetensors"))
        with torch.inference_mode():
            tokens = loaded["model"](images).last_hidden_state
        self.assert_features(tokens, shop.features(run, data))

    def test_the_image_processor_prepares_pixels_as_we_do(self):
        folder = shop.export(self.run_folder, "huggingface", "vit-processor")["path"]
        processor = transformers.AutoImageProcessor.from_pretrained(folder)
        pictures = [Image.open(file) for file in sorted(self.data.iterdir())]
        found = processor(images=pictures, return_tensors="pt")["pixel_values"]
        self.assert_close(found, self.images, 1e-5)

    def test_the_automatic_class_finds_it(self):
        folder = shop.export(self.run_folder, "huggingface", "vit-auto")["path"]
        self.assertIsInstance(transformers.AutoModel.from_pretrained(folder), transformers.ViTModel)

    def test_masked_autoencoder_predicts_as_we_do(self):
        loaded = shop.export(self.run_folder, "huggingface-mae", "mae-pre", "--with-decoder")
        model = loaded["model"]
        self.assert_complete(transformers.ViTMAEForPreTraining, loaded["path"])
        self.assertTrue(model.config.norm_pix_loss)
        self.assertEqual(model.config.mask_ratio, 0.75)
        weights = shop.student(self.run_folder)
        noise = torch.from_numpy(numpy.random.default_rng(3).random((5, 16), "float32"))
        with torch.inference_mode():
            found = model(self.images, noise=noise)
            expected = reference.predictions(
                self.images, weights, noise, 4, HEADS, DECODER_HEADS
            )
        self.assert_close(found.logits, expected)

    def test_masked_autoencoder_of_a_dbot_run_is_its_encoder(self):
        run = shop.run("hf-dbot", "dbot")
        loaded = shop.export(run, "huggingface-mae", "mae-model")
        self.assertIsInstance(loaded["model"], transformers.ViTMAEModel)
        self.assert_complete(transformers.ViTMAEModel, loaded["path"])
        images = shop.normalised(self.data, description_of(run / "model.safetensors"))
        in_order = torch.arange(16.0).expand(5, -1)
        with torch.inference_mode():
            tokens = loaded["model"](images, noise=in_order).last_hidden_state
        self.assert_features(tokens, shop.features(run, self.data))

    def test_what_transformers_saves_has_our_values(self):
        loaded = shop.export(self.run_folder, "huggingface", "vit-back")
        loaded["model"].save_pretrained(shop.folder / "vit-saved")
        saved = json.loads((shop.folder / "vit-saved/config.json").read_text())
        written = json.loads((loaded["path"] / "config.json").read_text())
        for key in ("hidden_size", "image_size", "patch_size", "layer_norm_eps", "qkv_bias"):
            self.assertEqual(saved[key], written[key], key)
        self.assert_equal_tensors(
            load_file(shop.folder / "vit-saved/model.safetensors"),
            load_file(loaded["path"] / "model.safetensors"),
        )

    def test_folders_are_read_back_bit_for_bit(self):
        encoder = load_file(self.run_folder / "model.safetensors")
        student = {name: shop.student(self.run_folder)[name] for name in encoder}
        loaded = shop.export(self.run_folder, "huggingface", "vit-import")
        processor = transformers.AutoImageProcessor.from_pretrained(loaded["path"])
        for part in (loaded["model"], processor):
            part.save_pretrained(shop.folder / "vit-theirs")
        whole = shop.export(self.run_folder, "huggingface-mae", "mae-import", "--with-decoder")
        whole["model"].save_pretrained(shop.folder / "mae-theirs")
        for name in ("vit-import", "vit-theirs", "mae-import", "mae-theirs"):
            with self.subTest(name):
                tensors, config = shop.imported(shop.folder / name)
                self.assert_equal_tensors(tensors, encoder if name.startswith("vit") else student)
                for key in ("heads", "layer_norm_eps", "image_size", "mlp_ratio"):
                    self.assertEqual(config[key], self.description[key], key)
                if name != "mae-theirs":  # which has no image processor
                    self.assertEqual(config["mean"], self.description["mean"])
