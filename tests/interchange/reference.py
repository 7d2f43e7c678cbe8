"""MAE's forward pass on timm's layers, from weights under their official names (arXiv 2111.06377)."""

from functools import partial

import torch
from timm.models.vision_transformer import Block

EPSILON = 1e-3  # of the recipe's norms
NORM = partial(torch.nn.LayerNorm, eps=EPSILON)


def layer(weights, name):
    return weights[name + ".weight"], weights[name + ".bias"]


def run_blocks(tokens, weights, prefix, heads):
    depth = len({name.split(".")[1] for name in weights if name.startswith(prefix + ".")})
    for number in range(depth):
        own = {
            name.removeprefix(f"{prefix}.{number}."): value
            for name, value in weights.items()
            if name.startswith(f"{prefix}.{number}.")
        }
        hidden, width = own["mlp.fc1.weight"].shape
        block = Block(width, heads, mlp_ratio=hidden / width, qkv_bias=True, norm_layer=NORM)
        block.load_state_dict(own)
        tokens = block(tokens)
    return tokens


def norm(tokens, weights, name):
    return torch.nn.functional.layer_norm(tokens, tokens.shape[-1:], *layer(weights, name), EPSILON)


def predictions(images, weights, noise, kept, heads, decoder_heads):
    """Predicted pixels of every patch, [batch, patches, p·p·channels], where the `kept` patches of
    least noise are seen."""
    patch = weights["patch_embed.proj.weight"].shape[-1]
    planes = torch.nn.functional.conv2d(images, *layer(weights, "patch_embed.proj"), stride=patch)
    tokens = planes.flatten(2).transpose(1, 2) + weights["pos_embed"][:, 1:]
    order = noise.argsort(1)
    pick = order[:, :kept, None].expand(-1, -1, tokens.shape[-1])
    cls = (weights["cls_token"] + weights["pos_embed"][:, :1]).expand(len(images), -1, -1)
    tokens = run_blocks(torch.cat([cls, tokens.gather(1, pick)], 1), weights, "blocks", heads)
    seen = torch.nn.functional.linear(norm(tokens, weights, "norm"), *layer(weights, "decoder_embed"))
    hidden = weights["mask_token"].expand(len(images), noise.shape[1] - kept, -1)
    shuffled = torch.cat([seen[:, 1:], hidden], 1)
    back = order.argsort(1)[:, :, None].expand(-1, -1, shuffled.shape[-1])
    tokens = torch.cat([seen[:, :1], shuffled.gather(1, back)], 1) + weights["decoder_pos_embed"]
    tokens = run_blocks(tokens, weights, "decoder_blocks", decoder_heads)
    predicted = torch.nn.functional.linear(
        norm(tokens, weights, "decoder_norm"), *layer(weights, "decoder_pred")
    )
    return predicted[:, 1:]
