#!/usr/bin/env python3
"""What PyTorch itself does to a checkpoint: the eager forward pass of Hugging Face transformers in a 16-bit or 32-bit
format, beside a binary64 forward pass of the same stored weights.  The peer of the recipes bf16, fp16 and fp32.

Plain PyTorch operations, no `transformers`: each function below repeats, operation for operation and tensor shape for
tensor shape, what LlamaForCausalLM and GPT2LMHeadModel compute with attn_implementation="eager", and says where it rounds.
"Rounds" means: the operation computes in binary32 and stores its result in the tensor's dtype.  In binary64 the same code is
the reference; only `wide` differs (it then means binary64).
Logits agree bit for bit with transformers 5.23.0 (--gpt2-scale multiply) and 4.57.1 (divide) under PyTorch 2.15 on the CPU,
in bfloat16, float16 and float32.

Usage:  pytorch_peer.py DIR [--ids tokens.json] [--dtype bfloat16] [--tokens N] [-o out.json] [--dump-logits FILE.npy]
DIR holds config.json and model.safetensors; token ids come from tokens.json there or in a folder above.
Needs PyTorch (2 or later; 1.13 has no float16 on the CPU) and NumPy.

Leaves out: training, batches (one sequence, from position 0), key/value caches, attention masks other than causal, rope scaling.
"""
import argparse
import json
import math
import struct
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

# Shapes: n tokens, d width, h heads, g key/value heads, e = d_h head width, v vocabulary.  Hidden states are [1, n, d].


def read_safetensors(path):
    """All tensors of a safetensors file, in the dtype of the file."""
    dtypes = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
    data = path.read_bytes()
    (header_bytes,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + header_bytes])
    header.pop("__metadata__", None)
    body = bytearray(data[8 + header_bytes :])
    tensors = {}
    for name, t in header.items():
        begin, end = t["data_offsets"]
        flat = torch.frombuffer(body[begin:end], dtype=dtypes[t["dtype"]])
        tensors[name] = flat.reshape(t["shape"])
    return tensors


def wide(dtype):
    """The format in which norms, softmax and rope tables compute: binary32, or binary64 for the reference.
    (transformers writes float32 literally, so its own binary64 run would not be a reference.)"""
    return torch.float64 if dtype == torch.float64 else torch.float32


class Sites:
    """Keeps every intermediate value under its site name; `layer` prefixes L0., L1., ... where it is not None."""

    def __init__(self):
        self.values, self.layer = {}, None

    def __call__(self, name, x):
        self.values[name if self.layer is None else f"L{self.layer}.{name}"] = x.detach()
        return x


# ---- layers

def rms_norm(x, eps, sites, site, gain=None):
    """Square, mean, 1/sqrt and product in binary32; rounds; times the gain, rounds."""
    w = x.to(wide(x.dtype))
    w = w * torch.rsqrt(w.pow(2).mean(-1, keepdim=True) + eps)
    y = w.to(x.dtype)
    if gain is not None:
        sites(f"{site}.normalised", y)
        y = gain * y
    return sites(site, y)


def layer_norm(x, gain, bias, eps, sites, site):
    """One kernel: statistics, normalisation, gain and bias in binary32; rounds once.
    (PyTorch 1.13 on the CPU rounds the statistics too.)"""
    return sites(site, F.layer_norm(x, gain.shape, gain, bias, eps))


def conv1d(x, weight, bias):
    """Weights [in, out]; the bias is added inside the matrix product, in binary32; rounds once."""
    return torch.addmm(bias, x.view(-1, x.size(-1)), weight).view(*x.shape[:-1], -1)


def rope_tables(n, e, theta, dtype):
    """Frequencies, angles, cos and sin in binary32; cos and sin round."""
    w = wide(dtype)
    inverse_frequency = 1.0 / (theta ** (torch.arange(0, e, 2, dtype=torch.int64).to(w) / e))
    angle = torch.arange(n).to(w)[:, None] * inverse_frequency
    angle = torch.cat((angle, angle), dim=-1)
    return angle.cos().to(dtype), angle.sin().to(dtype)


def rotate(x, cos, sin):
    """x cos + rotate_half(x) sin: each product rounds, the sum rounds."""
    half = x.shape[-1] // 2
    rotated = torch.cat((-x[..., half:], x[..., :half]), dim=-1)
    return (x * cos) + (rotated * sin)


def attention(q, k, v, scale, softmax, sites):
    """q, k, v [1, h, n, e] -> [1, n, h e].  q.k rounds; the scale rounds; softmax rounds; the product with v rounds.
    Masked entries become about -max_finite, whose exponential is exactly 0."""
    n = q.shape[-2]
    score = torch.matmul(q, k.transpose(2, 3))
    sites("score.dot", score.tril())
    score = scale(score)
    sites("score", score.tril())
    mask = torch.full((n, n), torch.finfo(q.dtype).min, dtype=q.dtype).triu(1)
    p = sites("softmax", softmax(score + mask))
    y = torch.matmul(p, v).transpose(1, 2).contiguous()
    return sites("pv", y.reshape(1, n, -1))


def multiply_by_inverse_root(e):
    """times e^-1/2; the constant is a Python number, which PyTorch 2 takes in binary32 (1.13 rounds it first); rounds."""
    return lambda score: score * e ** -0.5


def divide_by_root(e):
    """divided by e^1/2, which is a tensor of the same dtype: the constant rounds, the quotient rounds."""
    return lambda score: score / torch.full([], e ** 0.5, dtype=score.dtype)


def softmax_wide(score):
    """Softmax asked for in binary32, then rounded (Llama)."""
    return F.softmax(score, dim=-1, dtype=wide(score.dtype)).to(score.dtype)


def softmax_plain(score):
    """Softmax asked for in the dtype; the kernel computes in binary32 and rounds once (GPT-2)."""
    return F.softmax(score, dim=-1)


def gelu_new(x, sites):
    """0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))): the power, each product, each sum and tanh round.
    On the CPU the bfloat16 power rounds twice, as round(round(x x) x); the float16 one once.  x/2 is exact in normal range."""
    inner = sites("act.inner", math.sqrt(2.0 / math.pi) * (x + 0.044715 * torch.pow(x, 3.0)))
    tanh = sites("act.tanh", torch.tanh(inner))
    return sites("act", 0.5 * x * (1.0 + tanh))


# ---- models: token ids [1, n] -> logits [1, n, v].  `w` maps names to tensors; every sum of a residual rounds once.

def llama(ids, w, config, sites, options):
    d, h = config["hidden_size"], config["num_attention_heads"]
    g, eps = config.get("num_key_value_heads") or h, config["rms_norm_eps"]
    e = config.get("head_dim") or d // h
    n = ids.shape[1]
    theta = config.get("rope_theta") or config["rope_parameters"]["rope_theta"]
    if config.get("rope_scaling") or config.get("attention_bias") or config.get("mlp_bias"):
        sys.exit("error: rope scaling and biases are not covered")
    embed = w["model.embed_tokens.weight"]

    def split(y):                                                # [1, n, heads e] -> [1, heads, n, e]
        return y.view(1, n, -1, e).transpose(1, 2)

    def repeat(y):                                               # key/value heads -> query heads
        return y[:, :, None].expand(1, g, h // g, n, e).reshape(1, h, n, e)

    x = sites("embed", F.embedding(ids, embed))
    cos, sin = rope_tables(n, e, theta, x.dtype)
    for layer in range(config["num_hidden_layers"]):
        sites.layer = layer
        p = {name: w[f"model.layers.{layer}.{name}.weight"] for name in (
            "input_layernorm", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
            "post_attention_layernorm", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj")}
        y = rms_norm(x, eps, sites, "attn_norm", p["input_layernorm"])
        q = split(sites("qkv.q", F.linear(y, p["self_attn.q_proj"])))
        k = split(sites("qkv.k", F.linear(y, p["self_attn.k_proj"])))
        v = split(sites("qkv.v", F.linear(y, p["self_attn.v_proj"])))
        q = sites("rope.q", rotate(q, cos, sin))
        k = sites("rope.k", rotate(k, cos, sin))
        y = attention(q, repeat(k), repeat(v), multiply_by_inverse_root(e), softmax_wide, sites)
        y = sites("attn_out", F.linear(y, p["self_attn.o_proj"]))
        x = sites("attn_residual", x + y)
        y = rms_norm(x, eps, sites, "mlp_norm", p["post_attention_layernorm"])
        gate = sites("mlp_in.gate", F.linear(y, p["mlp.gate_proj"]))
        up = sites("mlp_in.up", F.linear(y, p["mlp.up_proj"]))
        y = sites("act", sites("act.silu", F.silu(gate)) * up)   # silu rounds, the product rounds
        y = sites("mlp_out", F.linear(y, p["mlp.down_proj"]))
        x = sites("mlp_residual", x + y)
    sites.layer = None
    y = rms_norm(x, eps, sites, "final_norm", w["model.norm.weight"])
    return sites("head", F.linear(y, embed if config.get("tie_word_embeddings") else w["lm_head.weight"]))


def gpt2(ids, w, config, sites, options):
    d, h, n, eps = config["n_embd"], config["n_head"], ids.shape[1], config["layer_norm_epsilon"]
    e = d // h
    scale = {"divide": divide_by_root, "multiply": multiply_by_inverse_root}[options.gpt2_scale](e)
    w = {name.removeprefix("transformer."): t for name, t in w.items()}

    def split(y):                                                # [1, n, d] -> [1, h, n, e]
        return y.view(1, n, h, e).transpose(1, 2)

    x = F.embedding(ids, w["wte.weight"]) + F.embedding(torch.arange(n)[None], w["wpe.weight"])
    sites("embed", x)
    for layer in range(config["n_layer"]):
        sites.layer = layer

        def p(name, at=f"h.{layer}."):
            return w[f"{at}{name}.weight"], w[f"{at}{name}.bias"]

        y = layer_norm(x, *p("ln_1"), eps, sites, "attn_norm")
        q, k, v = conv1d(y, *p("attn.c_attn")).split(d, dim=2)
        sites("qkv.q", q), sites("qkv.k", k), sites("qkv.v", v)
        y = attention(split(q), split(k), split(v), scale, softmax_plain, sites)
        y = sites("attn_out", conv1d(y, *p("attn.c_proj")))
        x = sites("attn_residual", y + x)
        y = layer_norm(x, *p("ln_2"), eps, sites, "mlp_norm")
        y = sites("mlp_in", conv1d(y, *p("mlp.c_fc")))
        y = gelu_new(y, sites)
        y = sites("mlp_out", conv1d(y, *p("mlp.c_proj")))
        x = sites("mlp_residual", x + y)
    sites.layer = None
    y = layer_norm(x, w["ln_f.weight"], w["ln_f.bias"], eps, sites, "final_norm")
    return sites("head", F.linear(y, w["wte.weight"]))


def paper(ids, w, config, sites, options):
    """The paper's network as eager code would write it: norm as in Llama without the gain, one head, no output projection."""
    d, n, eps = config["hidden_size"], ids.shape[1], config["rms_norm_eps"]
    x = sites("embed", F.embedding(ids, w["embed.weight"]) + F.embedding(torch.arange(n)[None], w["position.weight"]))
    for layer in range(config["num_hidden_layers"]):
        sites.layer = layer
        p = {name.removeprefix(f"blocks.{layer}."): t for name, t in w.items() if name.startswith(f"blocks.{layer}.")}
        y = rms_norm(x, eps, sites, "attn_norm")
        q = sites("qkv.q", F.linear(y, p["attention.query.weight"]))
        k = sites("qkv.k", F.linear(y, p["attention.key.weight"]))
        v = sites("qkv.v", F.linear(y, p["attention.value.weight"]))
        y = attention(q[:, None], k[:, None], v[:, None], multiply_by_inverse_root(d), softmax_wide, sites)
        x = sites("attn_residual", x + y)
        y = rms_norm(x, eps, sites, "mlp_norm")
        y = sites("mlp_in", F.linear(y, p["mlp.0.weight"], p["mlp.0.bias"]))     # bias in binary32; rounds once
        y = sites("act", F.relu(y))                                              # exact
        y = sites("mlp_out", F.linear(y, p["mlp.2.weight"], p["mlp.2.bias"]))
        x = sites("mlp_residual", x + y)
    sites.layer = None
    y = rms_norm(x, eps, sites, "final_norm")
    return sites("head", F.linear(y, w["head.weight"]))


models = {"llama": llama, "gpt2": gpt2, "paper": paper}


def forward(ids, weights, dtype, config, options):
    """Logits [n, v] in `dtype`, and the sites.  `weights` are converted to `dtype` first."""
    w = {name: t.to(dtype) for name, t in weights.items()}
    sites = Sites()
    with torch.no_grad():
        logits = models[config["model_type"]](torch.tensor(ids)[None], w, config, sites, options)
    return logits[0], sites.values


# ---- results, all in binary64 from the logits

def cross_entropy(logits, ids):
    """Mean negative log-likelihood of ids[1:], nats."""
    return F.cross_entropy(logits[:-1], torch.tensor(ids[1:])).item()


def error(y, reference, name=""):
    """Rms and maximum of y - reference over all entries, and the rms of the reference.
    Scores and softmax: only the entries that the causal mask keeps."""
    if name.partition(".")[2].startswith(("score", "softmax")):
        causal = torch.ones(y.shape[-2:], dtype=torch.bool).tril()
        y, reference = y[..., causal], reference[..., causal]
    difference = y.double() - reference
    return {"rms": difference.pow(2).mean().sqrt().item(), "max": difference.abs().max().item(),
            "reference_rms": reference.pow(2).mean().sqrt().item()}


def compare(logits, reference, ids):
    """The names are those of the `output` object of a profile."""
    y, log_p, log_q = logits.double(), F.log_softmax(reference, -1), F.log_softmax(logits.double(), -1)
    kld = (log_p.exp() * (log_p - log_q)).sum(-1).numpy()
    return {
        "kld": {"mean": kld.mean(), "se": kld.std(ddof=1) / math.sqrt(kld.size), "p90": np.quantile(kld, 0.9),
                "p99": np.quantile(kld, 0.99), "max": kld.max()},
        "top1_flips": int((y.argmax(-1) != reference.argmax(-1)).sum()),
        "logit_difference": error(y, reference),
        "cross_entropy": {"reference": cross_entropy(reference, ids), "recipe": cross_entropy(y, ids),
                          "recipe_loss_in_binary32": cross_entropy(logits.to(wide(logits.dtype)), ids)},
    }


def check_recorded(directory, config, weights, tokens, options):
    """The binary64 forward pass of the file's own weights against the loss and argmax ids that tokens.json records."""
    narrow = directory.name == "bf16"
    if config["model_type"] == "paper":
        recorded = tokens["reference_fp64"][f"{directory.parent.name}/bf16" if narrow else directory.name]
    else:
        recorded = tokens["reference_fp64_bf16_weights" if narrow else "reference_fp64"]
    ids = tokens["ids"]
    logits, _ = forward(ids, weights, torch.float64, config, options)
    loss_difference = abs(cross_entropy(logits, ids) - recorded["loss_nats"])
    mismatches = sum(a != b for a, b in zip(logits.argmax(-1).tolist(), recorded["argmax_ids"]))
    print(f"{directory}: loss differs by {loss_difference:.1e}, {mismatches} of {len(ids)} argmax ids differ")
    return loss_difference < 1e-9 and mismatches == 0            # 1e-9: far above binary64 noise, far below binary32's


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("directory", type=Path, metavar="DIR", help="folder of config.json and model.safetensors")
    parser.add_argument("--ids", type=Path, help="tokens.json with a list `ids` (default: in DIR or a folder above)")
    parser.add_argument("--dtype", default="bfloat16", choices=["bfloat16", "float16", "float32", "float64"])
    parser.add_argument("--tokens", type=int, metavar="N", help="use the first N tokens only")
    parser.add_argument("-o", "--output", type=Path, help="result file (default: standard output)")
    parser.add_argument("--dump-logits", type=Path, metavar="FILE.npy", help="logits [2, n, v]: dtype, binary64 reference")
    parser.add_argument("--sites", type=Path, metavar="FILE.npz",
                        help="every intermediate value: NAME in dtype (stored as float32), fp64.NAME in the reference; "
                             "scores above the diagonal are stored as 0")
    parser.add_argument("--gpt2-scale", default="divide", choices=["divide", "multiply"],
                        help="scores / e^(1/2) (transformers 4) or * e^(-1/2) (transformers 5)")
    parser.add_argument("--no-onednn", action="store_true", help="use PyTorch's own kernels for matrix products")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--check", action="store_true",
                        help="only compare the binary64 forward pass with what tokens.json records; exit 1 if it differs")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.backends.mkldnn.set_flags(not options.no_onednn)

    directory = options.directory.resolve()
    for file in ("config.json", "model.safetensors"):
        if not (directory / file).exists():
            parser.error(f"{directory / file} does not exist")
    config = json.loads((directory / "config.json").read_text())
    weights = read_safetensors(directory / "model.safetensors")
    found = [f for f in (directory, *directory.parents[:2]) if (f / "tokens.json").exists()]
    if not options.ids and not found:
        parser.error("no tokens.json beside the model: give --ids")
    tokens = json.loads((options.ids or found[0] / "tokens.json").read_text())
    if options.check:
        sys.exit(0 if check_recorded(directory, config, weights, tokens, options) else 1)

    ids = tokens["ids"][: options.tokens]
    dtype = getattr(torch, options.dtype)
    stored = {name: t.to(dtype) for name, t in weights.items()}
    logits, sites = forward(ids, stored, dtype, config, options)
    reference, reference_sites = forward(ids, stored, torch.float64, config, options)

    result = {"torch": torch.__version__, "dtype": options.dtype, "model_type": config["model_type"], "tokens": len(ids),
              "onednn": not options.no_onednn, "cpu_capability": torch.backends.cpu.get_cpu_capability()
              if hasattr(torch.backends, "cpu") else None,
              **({"gpt2_scale": options.gpt2_scale} if config["model_type"] == "gpt2" else {}),
              "output": compare(logits, reference, ids),
              "sites": {name: error(y, reference_sites[name], name) for name, y in sites.items()}}
    text = json.dumps(result, indent=1) + "\n"
    options.output.write_text(text) if options.output else sys.stdout.write(text)
    if options.dump_logits:
        np.save(options.dump_logits, torch.stack((logits.double(), reference)).numpy())
    if options.sites:
        store = {name: y.to(wide(dtype)).numpy() for name, y in sites.items()}
        np.savez_compressed(options.sites, **store, **{f"fp64.{name}": y.numpy() for name, y in reference_sites.items()})


if __name__ == "__main__":
    main()
