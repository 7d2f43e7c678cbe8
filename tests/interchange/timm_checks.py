"""timm's VisionTransformer computes our features."""

from checks import ToolTest
from safetensors.torch import load_file, save_file
from workshop import description_of

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

    def test_another_image_size_is_exported_with_its_table(self):
        data = shop.images(48, 48)
        loaded = shop.export(self.square, "timm", "48.safetensors", "--image-size", "48")
        images = shop.normalised(data, description_of(loaded["path"]))
        self.assert_features(
            loaded["model"].forward_features(images).detach(),
            shop.features(self.square, data, "--image-size", "48"),
        )
