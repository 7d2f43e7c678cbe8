"""timm's VisionTransformer computes our features."""

import torch
from checks import ToolTest
from safetensors.torch import load_file, save_file
from timm.models.vision_transformer import VisionTransformer
from workshop import OBJECTIVES, RECIPE, description_of

shop = None


class TimmTest(ToolTest):
    @classmethod
    def setUpClass(cls):
        cls.square = shop.run("timm-square")
        cls.grey = shop.run("timm-grey", "dbot", height=24, width=40, channels=1)

    def test_features_are_ours(self):
        for run, sides, grey in ((self.square, (32, 32), False), (self.grey, (24, 40), True)):
            data = shop.images(*sides, grey)
            for name in ("timm.safetensors", "timm.pth"):
                with self.subTest(run=run.name, name=name):
                    loaded = shop.export(run, "timm", name, "--force")
                    images = shop.normalised(data, description_of(run / "model.safetensors"))
                    self.assert_features(
                        loaded["model"].forward_features(images).detach(), shop.features(run, data)
                    )

    def test_the_gelu_by_tanh_goes_with_the_network(self):
        run, data = shop.folder / "timm-tanh", shop.images(32, 32)
        shop.run_with(run, "--set", "model.gelu=tanh")
        loaded = shop.export(run, "timm", "tanh.safetensors", "--force")
        images = shop.normalised(data, description_of(run / "model.safetensors"))
        self.assert_features(
            loaded["model"].forward_features(images).detach(), shop.features(run, data)
        )

    def test_the_symmetric_variant_is_a_beit(self):
        data = shop.images(32, 32)
        for shared in (True, False):
            with self.subTest(shared=shared):
                source = shop.beit("beit.safetensors", shared)
                loaded = shop.export(source, "timm", "beit-out.safetensors", "--force")
                self.assert_equal_tensors(load_file(loaded["path"]), load_file(source))
                images = shop.normalised(data, description_of(source))
                self.assert_features(
                    loaded["model"].forward_features(images).detach(), shop.features(source, data)
                )

    def test_what_timm_saves_is_read_back_bit_for_bit(self):
        loaded = shop.export(self.square, "timm", "to-timm.safetensors")
        save_file(loaded["model"].state_dict(), shop.folder / "from-timm.safetensors")
        tensors, _ = shop.imported(shop.folder / "from-timm.safetensors", "--heads", 3)
        self.assert_equal_tensors(tensors, load_file(self.square / "model.safetensors"))

    def test_a_network_of_timm_is_what_a_run_starts_from(self):
        torch.manual_seed(11)
        model = VisionTransformer(
            img_size=32, patch_size=8, num_classes=5, embed_dim=60, depth=2, num_heads=3, mlp_ratio=2.5
        ).eval()
        for parameter in model.parameters():  # no gain is one, no bias zero
            parameter.data += torch.empty_like(parameter).normal_(0, 0.1)
        save_file(model.state_dict(), shop.folder / "random-timm.safetensors")
        # The recipe is of another depth and epsilon: the network is the file's.
        run, data = shop.folder / "started", shop.images(32, 32)
        recipe = run.with_suffix(".toml")
        recipe.write_text(
            RECIPE.format(height=32, width=32, channels=3, objective=OBJECTIVES["mae"])
        )
        start = ("student.init=file", "student.path=random-timm.safetensors", "model.heads=3")
        settings = [word for setting in start for word in ("--set", setting)]
        shop.dbot("pretrain", recipe, "--data", data, "--out", run, "--steps", 0, *settings)
        images = shop.normalised(data, description_of(run / "model.safetensors"))
        self.assert_features(model.forward_features(images).detach(), shop.features(run, data))

    def test_another_image_size_is_exported_with_its_table(self):
        data = shop.images(48, 48)
        loaded = shop.export(self.square, "timm", "48.safetensors", "--image-size", "48")
        images = shop.normalised(data, description_of(loaded["path"]))
        self.assert_features(
            loaded["model"].forward_features(images).detach(),
            shop.features(self.square, data, "--image-size", "48"),
        )
