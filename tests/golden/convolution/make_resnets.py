"""Makes the reference files of residual networks, by torchvision's own blocks and forward pass:

    .deps/interchange/bin/python tests/golden/convolution/make_resnets.py

torchvision's networks begin with 64 channels; these begin with fewer, so that the files stay small.
"""
import json
import pathlib

import torch
import torchvision
from safetensors.torch import save_file
from torchvision.models.resnet import BasicBlock, Bottleneck


class NarrowResNet(torchvision.models.ResNet):
    def __init__(self, block, blocks, width, small):
        torch.nn.Module.__init__(self)
        self._norm_layer = torch.nn.BatchNorm2d
        self.inplanes, self.dilation, self.groups, self.base_width = width, 1, 1, 64
        kernel = dict(kernel_size=3, padding=1) if small else dict(kernel_size=7, stride=2, padding=3)
        self.conv1 = torch.nn.Conv2d(3, width, bias=False, **kernel)
        self.bn1 = torch.nn.BatchNorm2d(width)
        self.relu = torch.nn.ReLU(inplace=True)
        self.maxpool = torch.nn.Identity() if small else torch.nn.MaxPool2d(3, 2, 1)
        for stage, count in enumerate(blocks):
            layer = self._make_layer(block, width << stage, count, stride=2 if stage else 1)
            setattr(self, f"layer{stage + 1}", layer)
        self.avgpool = torch.nn.AdaptiveAvgPool2d((1, 1))
        self.fc = torch.nn.Identity()


def make(name, block, blocks, small, size):
    torch.manual_seed(len(name))
    net = NarrowResNet(block, blocks, 4, small)
    with torch.no_grad():
        for parameter in net.parameters():
            if parameter.dim() == 1:
                parameter.add_(0.2 * torch.randn_like(parameter))
    for _ in range(2):
        net(torch.randn(4, 3, size, size))
    tensors = {"in." + key: value for key, value in {
        "images": torch.randn(4, 3, size, size), "weights": torch.randn(4, net.inplanes)}.items()}
    tensors |= {"w." + key: value.clone() for key, value in net.state_dict().items()}
    tensors["out.eval"] = net.eval()(tensors["in.images"]).detach()
    features = net.train()(tensors["in.images"])
    tensors["out.train"] = features.detach()
    (features * tensors["in.weights"]).sum().backward()
    for key in ("conv1.weight", "bn1.weight", "layer2.0.downsample.0.weight", "layer4.0.conv2.weight",
                "layer4.0.bn2.bias"):
        tensors["grad." + key] = dict(net.named_parameters())[key].grad
    tensors |= {"after." + key: value for key, value in net.state_dict().items()
                if "running" in key or "tracked" in key}
    config = {"blocks": blocks, "bottleneck": block is Bottleneck, "stem": "cifar" if small else "imagenet",
              "base_width": 4, "size": size}
    file = pathlib.Path(__file__).parent / f"{name}.safetensors"
    save_file({key: value.contiguous() for key, value in tensors.items()}, file, metadata={
        "case": "resnet.features", "config": json.dumps(config), "kind": "third-party",
        "source": f"torchvision {torchvision.__version__}: models/resnet.py"})


make("resnet_basic", BasicBlock, [2, 1, 1, 1], True, 12)
make("resnet_bottleneck", Bottleneck, [1, 1, 2, 1], False, 40)
