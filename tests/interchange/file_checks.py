"""Files of weights: every tensor comes back bit for bit."""

import zipfile

import torch
from checks import ToolTest
from safetensors.torch import load_file

shop = None


class FileTest(ToolTest):
    @classmethod
    def setUpClass(cls):
        cls.mae = shop.run("mae")
        cls.dbot = shop.run("dbot", "dbot")
        cls.encoder = load_file(cls.mae / "model.safetensors")

    def test_official_names_without_and_with_the_decoder(self):
        for form, name in (("safetensors", "w.safetensors"), ("pth", "w.pth"), ("mae", "mae.pth")):
            with self.subTest(form):
                self.assert_equal_tensors(
                    shop.export(self.mae, form, name)["weights"], self.encoder
                )
                whole = shop.export(self.mae, form, name, "--with-decoder", "--force")["weights"]
                self.assertIn("decoder_pred.weight", whole)
                self.assert_equal_tensors(whole, shop.student(self.mae))
        whole = shop.export(self.dbot, "dbot", "dbot.pth", "--with-decoder")["weights"]
        self.assertIn("decoder_predp.weight", whole)
        self.assert_equal_tensors(whole, shop.student(self.dbot))

    def test_equal_weights_are_equal_bytes(self):
        for form, ending in (("safetensors", "safetensors"), ("pth", "pth"), ("onnx", "onnx")):
            files = [shop.export(self.mae, form, f"{n}.{ending}")["path"] for n in ("a", "b")]
            self.assertEqual(files[0].read_bytes(), files[1].read_bytes(), form)

    def test_the_archive_is_sound_and_can_be_mapped(self):
        path = shop.export(self.mae, "mae", "mapped.pth")["path"]
        with zipfile.ZipFile(path) as archive:
            self.assertIsNone(archive.testzip())
        mapped = torch.load(path, weights_only=True, mmap=True)["model"]
        self.assert_equal_tensors(mapped, self.encoder)
        self.assertEqual(mapped["cls_token"].data_ptr() % 64, 0)

    def test_every_file_is_imported_bit_for_bit(self):
        for form, name in (("pth", "i.pth"), ("mae", "m.pth"), ("timm", "t.pth"), ("timm", "t.safetensors")):
            with self.subTest(name):
                path = shop.export(self.mae, form, name, "--force")["path"]
                heads = () if name.endswith("safetensors") else ("--heads", 3)
                self.assert_equal_tensors(shop.imported(path, *heads)[0], self.encoder)

    def test_a_whole_dbot_checkpoint_is_imported_bit_for_bit(self):
        path = shop.export(self.dbot, "dbot", "whole.pth", "--with-decoder")["path"]
        student = shop.student(self.dbot)
        expected = {name: student[name] for name in self.encoder}
        self.assert_equal_tensors(shop.imported(path, "--heads", 3)[0], expected)

    def test_what_was_written_is_read_again(self):
        data = shop.images(32, 32)
        expected = shop.features(self.mae, data)
        path = shop.export(self.mae, "safetensors", "again.safetensors")["path"]
        for found, feature in zip(shop.features(path, data), expected):
            self.assertTrue(found.equal(feature))
