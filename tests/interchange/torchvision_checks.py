"""torchvision's ResNets compute our features, and their weights are read."""

import torch
import torchvision
from checks import ToolTest
from safetensors.torch import load_file

shop = None

IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}


def features(model, data):
    """What the program says of every picture."""
    out = shop.folder / "resnet-features.safetensors"
    shop.dbot(
        *("embed", "--model", model, "--data", data, "--out", out, "--force"),
        *("--precision", "fp32", "--split", "all"),
    )
    return load_file(out)["mean"]


class TorchvisionTest(ToolTest):
    @classmethod
    def setUpClass(cls):
        torch.manual_seed(3)
        cls.model = torchvision.models.resnet18(weights=None)
        with torch.no_grad():  # running values of a trained network are not those of a fresh one
            for name, tensor in cls.model.state_dict().items():
                if "running" in name:
                    tensor.add_(0.1 * torch.rand(tensor.shape))
        cls.path = shop.folder / "resnet18.pth"
        torch.save(cls.model.state_dict(), cls.path)
        cls.model.fc = torch.nn.Identity()
        cls.model.eval()
        cls.taken = shop.folder / "resnet18.safetensors"
        shop.dbot("import", cls.path, "--out", cls.taken, "--image-size", "64")

    def test_features_are_ours(self):
        data = shop.images(64, 64)
        expected = self.model(shop.normalised(data, IMAGENET)).detach()
        self.assert_close(features(self.taken, data), expected)

    def test_exported_weights_are_loaded_strictly(self):
        data = shop.images(64, 64)
        for name in ("resnet-out.pth", "resnet-out.safetensors"):
            with self.subTest(name=name):
                loaded = shop.export(self.taken, "torchvision", name)
                self.assert_equal_tensors(loaded["model"].state_dict(), self.model.state_dict())
                found = loaded["model"](shop.normalised(data, IMAGENET)).detach()
                self.assert_close(found, features(self.taken, data))
