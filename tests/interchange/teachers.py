"""Small frozen teachers with random weights, as timm and transformers have them: their files under
the names of each project, and what those libraries compute with them."""

import json
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Callable

import torch
import transformers
from safetensors.torch import save_file
from timm.layers import SwiGLUPacked
from timm.models.eva import Eva
from timm.models.vision_transformer import VisionTransformer

WIDTH, DEPTH, HEADS = 32, 2, 2
PATCH, SIDE = 8, 32  # pixels


@dataclass
class Teacher:
    name: str
    tensors: dict  # as they stand in the file
    compute: Callable  # normalised images, float32 → cls (or None), mean
    config: dict = field(default_factory=dict)  # config.json beside the weights, or none
    open_clip: dict = field(default_factory=dict)  # open_clip_config.json
    heads: int = 0  # to be named where no file says it
    sides: tuple = ((SIDE, SIDE), (24, 40))  # of images: its own first, then others
    mean_is: float | None = None  # the mean of pixels that its kind has, where no file says it

    def write(self, folder: Path) -> Path:
        """The file to name as a model."""
        folder.mkdir(parents=True, exist_ok=True)
        weights = "open_clip_model" if self.open_clip else "model"
        path = folder / f"{weights}.safetensors"
        save_file({name: tensor.contiguous() for name, tensor in self.tensors.items()}, path)
        for name, content in (("config", self.config), ("open_clip_config", self.open_clip)):
            if content:
                (folder / f"{name}.json").write_text(json.dumps(content))
        return path


def roughened(model, seed):
    """Nothing is zero, no two gains are alike."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        spread = 0.3 if parameter.dim() > 1 else 0.1
        parameter.data += torch.empty_like(parameter).normal_(0, spread, generator=generator)
    return model.eval()


def renamed(tensors, pairs):
    found = {}
    for name, tensor in tensors.items():
        for theirs, ours in pairs:
            name = name.replace(theirs, ours)
        found[name] = tensor
    return found


def of_timm(build):
    """Features of a timm network at any image size; it is built anew for each, with its weights."""
    native = build((SIDE, SIDE))

    def compute(images):
        model = native
        if tuple(images.shape[2:]) != (SIDE, SIDE):
            model = build((SIDE, SIDE))
            model.load_state_dict(native.state_dict())
            model.set_input_size(tuple(images.shape[2:]))
        with torch.inference_mode():
            tokens = model.forward_features(images)
            patches = tokens[:, model.num_prefix_tokens :]
            mean = model.fc_norm(patches.mean(1))
            if model.attn_pool is not None:
                return model.attn_pool(tokens), mean
            return model.fc_norm(tokens[:, 0]) if model.cls_token is not None else None, mean

    return native, compute


def of_transformers(model, registers, pooler=False, **options):
    def compute(images):
        with torch.inference_mode():
            output = model(images, **options)
        tokens = output.last_hidden_state
        if pooler:
            return output.pooler_output, tokens.mean(1)
        return tokens[:, 0], tokens[:, 1 + registers :].mean(1)

    return compute


def saved(model, folder_config=True):
    """Tensors and config.json as save_pretrained writes them."""
    import tempfile

    from safetensors.torch import load_file

    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        tensors = load_file(Path(folder) / "model.safetensors")
        config = json.loads((Path(folder) / "config.json").read_text())
    return tensors, config if folder_config else {}


def timm_vit(seed, **options):
    def build(sides):
        return roughened(
            VisionTransformer(
                img_size=sides, patch_size=PATCH, embed_dim=WIDTH, depth=DEPTH, num_heads=HEADS,
                num_classes=0, **options,
            ), seed,
        )  # fmt: skip

    return of_timm(build)


def timm_eva(seed, **options):
    def build(sides):
        return roughened(
            Eva(
                img_size=sides, patch_size=PATCH, embed_dim=WIDTH, depth=DEPTH, num_heads=HEADS,
                num_classes=0, **options,
            ), seed,
        )  # fmt: skip

    return of_timm(build)


def dinov2_timm():
    model, compute = timm_vit(
        1, init_values=0.5, reg_tokens=3, no_embed_class=True, mlp_ratio=3,
        mlp_layer=SwiGLUPacked, act_layer=torch.nn.SiLU, global_pool="token",
    )  # fmt: skip
    return Teacher("dinov2-timm", model.state_dict(), compute, heads=HEADS)


def qk_norm_timm():
    """Norms of query and key, positions for registers, no biases of query, key and value."""
    model, compute = timm_vit(
        2, init_values=0.5, reg_tokens=2, qk_norm=True, qkv_bias=False, global_pool="token"
    )
    return Teacher("qk-norm-timm", model.state_dict(), compute)


def dinov2_config(kind, **options):
    return kind(
        hidden_size=WIDTH, num_hidden_layers=DEPTH, num_attention_heads=HEADS, image_size=SIDE,
        patch_size=PATCH, **options,
    )  # fmt: skip


def dinov2_hugging_face():
    config = dinov2_config(transformers.Dinov2Config, use_swiglu_ffn=True, mlp_ratio=2)
    model = roughened(transformers.Dinov2Model(config), 3)
    tensors, config = saved(model)
    return Teacher("dinov2-hf", tensors, of_transformers(model, 0), config)


def registers_hugging_face():
    config = dinov2_config(
        transformers.Dinov2WithRegistersConfig, num_register_tokens=4, mlp_ratio=2
    )
    model = roughened(transformers.Dinov2WithRegistersModel(config), 4)
    tensors, config = saved(model)
    return Teacher("registers-hf", tensors, of_transformers(model, 4), config)


META_PAIRS = (
    ("embeddings.patch_embeddings.projection", "patch_embed.proj"),
    ("embeddings.position_embeddings", "pos_embed"),
    ("embeddings.", ""),
    ("encoder.layer.", "blocks."),
    ("layernorm.", "norm."),
    ("attention.output.dense", "attn.proj"),
    ("layer_scale1.lambda1", "ls1.gamma"),
    ("layer_scale2.lambda1", "ls2.gamma"),
    ("mlp.weights_in", "mlp.w12"),
    ("mlp.weights_out", "mlp.w3"),
)


def to_meta(tensors):
    """DINOv2's own names."""
    found = {}
    for name, tensor in tensors.items():
        if ".attention.attention." not in name:
            found[name] = tensor
            continue
        block, part = name.split("attention.attention.")
        if part.startswith("query."):
            kind = part.split(".")[1]
            parts = [tensors[f"{block}attention.attention.{p}.{kind}"] for p in ("query", "key", "value")]
            found[f"{block}attn.qkv.{kind}"] = torch.cat(parts)
    return renamed(found, META_PAIRS)


def dinov2_meta():
    """Its own code scales positions by (patches + 0.1) / patches, without antialiasing."""
    config = dinov2_config(transformers.Dinov2Config, use_swiglu_ffn=True, mlp_ratio=2)
    model = roughened(transformers.Dinov2Model(config), 5)
    embeddings = model.embeddings

    def positions(tokens, height, width):
        table, side = embeddings.position_embeddings, SIDE // PATCH
        rows, columns = height // PATCH, width // PATCH
        if (rows, columns) == (side, side):
            return table
        planes = table[:, 1:].reshape(1, side, side, -1).permute(0, 3, 1, 2)
        scales = (rows + 0.1) / side, (columns + 0.1) / side
        planes = torch.nn.functional.interpolate(planes, scale_factor=scales, mode="bicubic")
        return torch.cat([table[:, :1], planes.flatten(2).transpose(1, 2)], 1)

    embeddings.interpolate_pos_encoding = positions
    tensors = to_meta(saved(model)[0])
    return Teacher("dinov2-meta", tensors, of_transformers(model, 0), heads=HEADS)


def siglip_hugging_face():
    config = transformers.SiglipVisionConfig(
        hidden_size=WIDTH, intermediate_size=56, num_hidden_layers=DEPTH,
        num_attention_heads=HEADS, image_size=SIDE, patch_size=PATCH,
    )  # fmt: skip
    model = roughened(transformers.SiglipVisionModel(config), 6)
    tensors, config = saved(model)
    compute = of_transformers(model, 0, pooler=True, interpolate_pos_encoding=True)
    return Teacher("siglip-hf", tensors, compute, config, mean_is=0.5)


def siglip_timm():
    model, compute = timm_vit(7, class_token=False, global_pool="map", mlp_ratio=2)
    return Teacher("siglip-timm", model.state_dict(), compute, heads=HEADS, mean_is=0.5)


def siglip_gap_timm():
    model, compute = timm_vit(
        8, class_token=False, global_pool="avg", fc_norm=False, act_layer="gelu_tanh"
    )
    config = {
        "architecture": "vit_so400m_patch16_siglip_gap_256",
        "model_args": {"num_heads": HEADS},
    }
    return Teacher("siglip-gap-timm", model.state_dict(), compute, config, mean_is=0.5)


def open_clip():
    config = transformers.CLIPVisionConfig(
        hidden_size=WIDTH, intermediate_size=64, num_hidden_layers=DEPTH,
        num_attention_heads=HEADS, image_size=SIDE, patch_size=PATCH, hidden_act="gelu",
    )  # fmt: skip
    model = roughened(transformers.CLIPVisionModel(config), 9)
    own = {name.removeprefix("vision_model."): tensor for name, tensor in model.state_dict().items()}
    tensors = {
        "class_embedding": own["embeddings.class_embedding"],
        "positional_embedding": own["embeddings.position_embedding.weight"],
        "conv1.weight": own["embeddings.patch_embedding.weight"],
    }
    for theirs, ours in (("pre_layrnorm", "ln_pre"), ("post_layernorm", "ln_post")):
        for part in ("weight", "bias"):
            tensors[f"{ours}.{part}"] = own[f"{theirs}.{part}"]
    for number in range(DEPTH):
        old, new = f"encoder.layers.{number}.", f"transformer.resblocks.{number}."
        for part in ("weight", "bias"):
            tensors[f"{new}attn.in_proj_{part}"] = torch.cat(
                [own[f"{old}self_attn.{p}_proj.{part}"] for p in "qkv"]
            )
            for theirs, ours in (
                ("self_attn.out_proj", "attn.out_proj"), ("layer_norm1", "ln_1"),
                ("layer_norm2", "ln_2"), ("mlp.fc1", "mlp.c_fc"), ("mlp.fc2", "mlp.c_proj"),
            ):  # fmt: skip
                tensors[f"{new}{ours}.{part}"] = own[f"{old}{theirs}.{part}"]

    def compute(images):
        with torch.inference_mode():
            tokens = model(images).last_hidden_state
            tokens = torch.nn.functional.layer_norm(
                tokens, (WIDTH,), own["post_layernorm.weight"], own["post_layernorm.bias"], 1e-5
            )
        return tokens[:, 0], tokens[:, 1:].mean(1)

    described = {
        "model_cfg": {"vision_cfg": {"width": WIDTH, "head_width": WIDTH // HEADS, "image_size": SIDE}},
        "preprocess_cfg": {"mean": [0.4, 0.5, 0.6], "std": [0.2, 0.3, 0.4]},
    }
    tensors = {f"visual.{name}": tensor for name, tensor in tensors.items()}
    return Teacher(
        "open-clip", tensors, compute, open_clip=described, sides=((SIDE, SIDE),), mean_is=0.4
    )


EVA = dict(swiglu_mlp=True, use_rot_pos_emb=True, ref_feat_shape=(16, 16), mlp_ratio=8 / 3)


def eva02_tiny_timm():
    model, compute = timm_eva(10, **EVA)
    return Teacher("eva02-tiny-timm", model.state_dict(), compute, heads=HEADS, mean_is=0.48145466)


def eva02_timm():
    model, compute = timm_eva(
        11, qkv_fused=False, scale_mlp=True, scale_attn_inner=True, global_pool="token", **EVA
    )
    config = {"architecture": "eva02_base_patch16_clip_224", "model_args": {"num_heads": HEADS}}
    return Teacher("eva02-timm", model.state_dict(), compute, config)


def eva02_official():
    """Names of EVA-02's authors, and the table of rotations that their files hold."""
    model, compute = timm_eva(12, qkv_fused=False, scale_mlp=True, **EVA)
    pairs = (
        ("mlp.fc1_g", "mlp.w1"), ("mlp.fc1_x", "mlp.w2"), ("mlp.fc2", "mlp.w3"),
        ("mlp.norm", "mlp.ffn_ln"), ("q_proj.bias", "q_bias"), ("v_proj.bias", "v_bias"),
    )  # fmt: skip
    tensors = renamed(model.state_dict(), pairs)
    sine, cosine = model.rope.get_embed().chunk(2, -1)
    tensors |= {"rope.freqs_cos": cosine, "rope.freqs_sin": sine}
    for number in range(DEPTH):
        tensors[f"blocks.{number}.attn.rope.freqs_cos"] = cosine.clone()
    return Teacher("eva02-official", tensors, compute)


DINO3 = dict(
    init_values=0.5, rope_type="dinov3", rope_temperature=100, rope_rotate_half=True,
    use_rot_pos_emb=True, use_abs_pos_emb=False, use_fc_norm=False,
    norm_layer=partial(torch.nn.LayerNorm, eps=1e-5),
)  # fmt: skip


def dinov3_timm():
    model, compute = timm_eva(
        13, num_reg_tokens=4, qkv_bias=False, swiglu_mlp=True, swiglu_align_to=8, mlp_ratio=2,
        global_pool="token", **DINO3,
    )  # fmt: skip
    config = {
        "architecture": "vit_small_plus_patch16_dinov3",
        "model_args": {"num_heads": HEADS, "img_size": SIDE},
    }
    return Teacher("dinov3-timm", model.state_dict(), compute, config)


def dinov3_config(**options):
    sizes = dict(
        hidden_size=WIDTH, intermediate_size=64, num_hidden_layers=DEPTH,
        num_attention_heads=HEADS, image_size=SIDE, patch_size=PATCH, num_register_tokens=2,
    )  # fmt: skip
    return transformers.DINOv3ViTConfig(**sizes | options)


def dinov3_hugging_face(name="dinov3-hf", **options):
    model = roughened(transformers.DINOv3ViTModel(dinov3_config(**options)), 14)
    tensors, config = saved(model)
    return Teacher(name, tensors, of_transformers(model, 2), config)


def dinov3_gated_hugging_face():
    return dinov3_hugging_face(
        "dinov3-gated-hf", use_gated_mlp=True, hidden_act="silu", intermediate_size=40,
        rope_theta=50.0, proj_bias=False, mlp_bias=False,
    )  # fmt: skip


def dinov3_meta():
    """DINOv3's own names: keys have a bias that a mask takes away."""
    config = dinov3_config(intermediate_size=48, use_gated_mlp=True, hidden_act="silu")
    model = roughened(transformers.DINOv3ViTModel(config), 15)
    own = saved(model)[0]
    tensors = {"rope_embed.periods": 100 ** (torch.arange(4) / 4)}
    pairs = (
        ("embeddings.patch_embeddings", "patch_embed.proj"),
        ("embeddings.register_tokens", "storage_tokens"),
        ("embeddings.", ""), ("layer.", "blocks."), ("attention.o_proj", "attn.proj"),
        ("layer_scale1.lambda1", "ls1.gamma"), ("layer_scale2.lambda1", "ls2.gamma"),
        ("mlp.gate_proj", "mlp.w1"), ("mlp.up_proj", "mlp.w2"), ("mlp.down_proj", "mlp.w3"),
    )  # fmt: skip
    for name, tensor in renamed(own, pairs).items():
        if not any(f".attention.{part}_proj." in name for part in "qkv"):
            tensors[name] = tensor
    tensors["mask_token"] = tensors["mask_token"].reshape(1, WIDTH)
    for number in range(DEPTH):
        old, new = f"layer.{number}.attention.", f"blocks.{number}.attn.qkv."
        tensors[new + "weight"] = torch.cat([own[f"{old}{part}_proj.weight"] for part in "qkv"])
        bias = [own[old + "q_proj.bias"], torch.ones(WIDTH), own[old + "v_proj.bias"]]
        tensors[new + "bias"] = torch.cat(bias)
        tensors[new + "bias_mask"] = torch.ones(3 * WIDTH)
        tensors[new + "bias_mask"][WIDTH : 2 * WIDTH] = 0
    return Teacher("dinov3-meta", tensors, of_transformers(model, 2))


ALL = (
    dinov2_timm, qk_norm_timm, dinov2_hugging_face, registers_hugging_face, dinov2_meta,
    siglip_hugging_face, siglip_timm, siglip_gap_timm, open_clip, eva02_tiny_timm, eva02_timm,
    eva02_official, dinov3_timm, dinov3_hugging_face, dinov3_gated_hugging_face, dinov3_meta,
)  # fmt: skip
