"""Models of Keras 3 in numpy and h5py: makes files in the published layout of Keras, and predicts from such files.

There is no Keras where this runs. Files are laid out as keras.saving.saving_lib and get_config of each layer do, and
layers compute what their documentation says, in float64.

    keras.py make FOLDER SEED DTYPE    writes NAME.keras, NAME.x.npy and NAME.y.npy of every model
    keras.py predict FILE X Y          writes to Y what the model of FILE predicts for X
    keras.py odd FILE                  writes an archive of weights that Keras never writes, for a Dense of two units

The files in tests/io/fixtures/keras are those of the seed 1 and float32.
"""

import io
import json
import math
import re
import sys
import zipfile

import h5py
import numpy as np


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


erf = np.vectorize(math.erf, otypes=[float])
sigmoid = lambda x: 1 / (1 + np.exp(-x))
hard_sigmoid = lambda x: np.clip(x / 6 + 0.5, 0, 1)
ALPHA, SCALE = 1.6732632423543772, 1.0507009873554805
ACTIVATIONS = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
    "sigmoid": sigmoid,
    "softplus": lambda x: np.log1p(np.exp(x)),
    "silu": lambda x: x * sigmoid(x),
    "gelu": lambda x: x * (1 + erf(x / math.sqrt(2))) / 2,
    "selu": lambda x: SCALE * np.where(x > 0, x, ALPHA * np.expm1(x)),
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "mish": lambda x: x * np.tanh(np.log1p(np.exp(x))),
    "hard_sigmoid": hard_sigmoid,
    "hard_silu": lambda x: x * hard_sigmoid(x),
    "softmax": softmax,
    "log_softmax": lambda x: np.log(softmax(x)),
}
ACTIVATIONS["swish"], ACTIVATIONS["hard_swish"] = ACTIVATIONS["silu"], ACTIVATIONS["hard_silu"]


def pair(value):
    return tuple(value) if isinstance(value, (list, tuple)) else (value, value)


def windows(x, size, strides, padding, dilation=(1, 1), fill=0.0):
    """The windows of images, [samples, rows, columns, window rows, window columns, channels]."""
    for axis in (1, 2):
        n, k, s, d = x.shape[axis], size[axis - 1], strides[axis - 1], dilation[axis - 1]
        reach = (k - 1) * d + 1
        if padding == "same":
            total = max((-(-n // s) - 1) * s + reach - n, 0)
            pads = [(0, 0)] * x.ndim
            pads[axis] = (total // 2, total - total // 2)
            x = np.pad(x, pads, constant_values=fill)
    counts = [(x.shape[a] - ((size[a - 1] - 1) * dilation[a - 1] + 1)) // strides[a - 1] + 1 for a in (1, 2)]
    at = [np.arange(c)[:, None] * s + np.arange(k)[None] * d
          for c, s, k, d in zip(counts, strides, size, dilation)]
    picked = x[:, at[0]][:, :, :, at[1]]  # samples, rows, k rows, columns, k columns, channels
    return picked.transpose(0, 1, 3, 2, 4, 5)


def activated(y, config):
    return ACTIVATIONS[config.get("activation") or "linear"](y)


def dense(x, w, config):
    y = x @ w[0]
    return activated(y + w[1] if config.get("use_bias", True) else y, config)


def conv2d(x, w, config):
    groups = config.get("groups", 1)
    k = w[0]
    seen = windows(x, k.shape[:2], pair(config.get("strides", 1)), config.get("padding", "valid"),
                   pair(config.get("dilation_rate", 1)))
    per, out = k.shape[2], k.shape[3] // groups
    y = np.concatenate([
        np.einsum("nrcabi,abio->nrco", seen[..., g * per:(g + 1) * per], k[..., g * out:(g + 1) * out])
        for g in range(groups)], -1)
    return activated(y + w[1] if config.get("use_bias", True) else y, config)


def depthwise(x, w, config):
    k = w[0]
    seen = windows(x, k.shape[:2], pair(config.get("strides", 1)), config.get("padding", "valid"),
                   pair(config.get("dilation_rate", 1)))
    y = np.einsum("nrcabi,abim->nrcim", seen, k)
    y = y.reshape(y.shape[:3] + (-1,))
    return activated(y + w[1] if config.get("use_bias", True) else y, config)


def pool(reduce, fill):
    def apply(x, _, config):
        size = pair(config.get("pool_size", 2))
        strides = pair(config.get("strides") or size)
        return reduce(windows(x, size, strides, config.get("padding", "valid"), fill=fill), (3, 4))
    return apply


def affine(x, w, config, axis):
    shape = [1] * x.ndim
    axes = [a % x.ndim for a in (axis if isinstance(axis, list) else [axis])]
    for a in axes:
        shape[a] = x.shape[a]
    w = list(w)
    if config.get("scale", True):
        x = x * w.pop(0).reshape(shape)
    return x + w.pop(0).reshape(shape) if config.get("center", True) else x


def batch_norm(x, w, config):
    mean, variance = w[-2:]
    return affine((x - mean) / np.sqrt(variance + config["epsilon"]), w[:-2], config, config.get("axis", -1))


def layer_norm(x, w, config):
    axis = config.get("axis", -1)
    axes = tuple(axis) if isinstance(axis, list) else axis
    mean, variance = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    return affine((x - mean) / np.sqrt(variance + config["epsilon"]), w, config, axis)


def group_norm(x, w, config):
    groups = x.shape[-1] if config["groups"] == -1 else config["groups"]
    split = x.reshape(x.shape[:-1] + (groups, -1))
    axes = tuple(a for a in range(1, split.ndim) if a != split.ndim - 2)
    mean, variance = split.mean(axes, keepdims=True), split.var(axes, keepdims=True)
    return affine(((split - mean) / np.sqrt(variance + config["epsilon"])).reshape(x.shape), w, config, -1)


def rms_norm(x, w, config):
    axis = config.get("axis", -1)
    axes = tuple(axis) if isinstance(axis, list) else axis
    return x / np.sqrt((x * x).mean(axes, keepdims=True) + config["epsilon"]) * w[0]


def attention(x, w, config, use_causal_mask=False):
    bias = config.get("use_bias", True)
    step = 2 if bias else 1
    q, k, v = (np.einsum("blw,whd->blhd", x, w[i * step]) + (w[i * step + 1] if bias else 0) for i in range(3))
    scores = np.einsum("bqhd,bkhd->bhqk", q, k) / math.sqrt(config["key_dim"])
    if use_causal_mask:
        scores = np.where(np.tril(np.ones(scores.shape[-2:], bool)), scores, -np.inf)
    seen = np.einsum("bhqk,bkhd->bqhd", softmax(scores), v)
    y = np.einsum("bqhd,hdo->bqo", seen, w[3 * step])
    return y + w[3 * step + 1] if bias else y


LAYERS = {
    "Dense": dense,
    "Activation": lambda x, w, c: activated(x, c),
    "ReLU": lambda x, w, c: np.maximum(x, 0),
    "Softmax": lambda x, w, c: softmax(x),
    "Dropout": lambda x, w, c: x,
    "Flatten": lambda x, w, c: x.reshape(len(x), -1),
    "Reshape": lambda x, w, c: x.reshape([len(x)] + list(c["target_shape"])),
    "Embedding": lambda x, w, c: w[0][x.astype(int)],
    "Conv2D": conv2d,
    "DepthwiseConv2D": depthwise,
    "MaxPooling2D": pool(np.max, -np.inf),
    "AveragePooling2D": pool(np.nanmean, np.nan),
    "GlobalAveragePooling2D": lambda x, w, c: x.mean((1, 2)),
    "GlobalMaxPooling2D": lambda x, w, c: x.max((1, 2)),
    "BatchNormalization": batch_norm,
    "LayerNormalization": layer_norm,
    "GroupNormalization": group_norm,
    "RMSNormalization": rms_norm,
    "UnitNormalization": lambda x, w, c: x / np.maximum(np.sqrt((x * x).sum(c.get("axis", -1), keepdims=True)), 1e-12),
    "MultiHeadAttention": attention,
    "Add": lambda xs, w, c: xs[0] + xs[1],
}
PROJECTIONS = ["query_dense", "key_dense", "value_dense", "output_dense"]


def snake_case(name):
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def containers(classes):
    used, names = {}, []
    for name in map(snake_case, classes):
        used[name] = used.get(name, -1) + 1
        names.append(f"{name}_{used[name]}" if used[name] else name)
    return names


def tensors(args):
    """The names of layers in the arguments of a call."""
    if isinstance(args, dict):
        assert args["class_name"] == "__keras_tensor__"
        assert args["config"]["shape"][0] is None and args["config"]["keras_history"][1:] == [0, 0]
        return args["config"]["keras_history"][0]
    return [tensors(one) for one in args]


def variables(group):
    return [np.array(group["vars"][str(i)], dtype=float) for i in range(len(group["vars"]))]


class Model:
    """A model of a .keras file."""

    def __init__(self, path):
        with zipfile.ZipFile(path) as archive:
            assert set(archive.namelist()) == {"metadata.json", "config.json", "model.weights.h5"}
            assert "keras_version" in json.loads(archive.read("metadata.json"))
            top = json.loads(archive.read("config.json"))
            store = h5py.File(io.BytesIO(archive.read("model.weights.h5")), "r")
        self.is_sequential = top["class_name"] == "Sequential"
        self.layers = top["config"]["layers"]
        self.top = top["config"]
        assert top["module"] and all(one["module"] == "keras.layers" for one in self.layers)
        assert len(store["vars"]) == 0
        counted = [one for one in self.layers if not (self.is_sequential and one["class_name"] == "InputLayer")]
        names = containers(one["class_name"] for one in counted)
        assert sorted(store["layers"]) == sorted(names)
        self.weights = {}
        for layer, name in zip(counted, names):
            group = store["layers"][name]
            own = variables(group)
            if layer["class_name"] == "MultiHeadAttention":
                own = [w for part in PROJECTIONS for w in variables(group[part if part in group else f"_{part}"])]
            self.weights[layer["config"]["name"]] = own

    def run(self, layer, x, **kwargs):
        config = layer["config"]
        return LAYERS[layer["class_name"]](x, self.weights[config["name"]], config, **kwargs)

    def predict(self, x):
        first, *rest = self.layers
        assert first["class_name"] == "InputLayer" and first["config"]["batch_shape"] == [None, *x.shape[1:]]
        if self.is_sequential:
            for layer in rest:
                x = self.run(layer, x)
            return x
        made = {first["name"]: x}
        for layer in rest:
            (node,) = layer["inbound_nodes"]
            args = tensors(node["args"])
            if layer["class_name"] == "Add":
                (args,) = args
                made[layer["name"]] = self.run(layer, [made[name] for name in args])
            else:
                assert len(set(args)) == 1 and len(args) == (2 if layer["class_name"] == "MultiHeadAttention" else 1)
                made[layer["name"]] = self.run(layer, made[args[0]], **node["kwargs"])
            assert layer["name"] == layer["config"]["name"]
        (output,) = self.top["output_layers"]
        return made[output[0]]


# What Keras writes.

def keras_object(module, name, config):
    return {"module": module, "class_name": name, "config": config, "registered_name": None}


ZEROS, ONES = (keras_object("keras.initializers", name, {}) for name in ("Zeros", "Ones"))
GLOROT = keras_object("keras.initializers", "GlorotUniform", {"seed": None})
UNIFORM = keras_object("keras.initializers", "RandomUniform", {"seed": None, "minval": -0.05, "maxval": 0.05})
NONE = {"kernel_regularizer": None, "bias_regularizer": None, "activity_regularizer": None,
        "kernel_constraint": None, "bias_constraint": None}
KERNEL = {"use_bias": True, "kernel_initializer": GLOROT, "bias_initializer": ZEROS, **NONE}
SLIDING = {"strides": [1, 1], "padding": "valid", "data_format": "channels_last", "dilation_rate": [1, 1],
           "groups": 1, "activation": "linear", "use_bias": True}
AFFINE = {"axis": -1, "epsilon": 0.001, "center": True, "scale": True, "beta_initializer": ZEROS,
          "gamma_initializer": ONES, "beta_regularizer": None, "gamma_regularizer": None, "beta_constraint": None,
          "gamma_constraint": None}
POOL = {"pool_size": [2, 2], "padding": "valid", "strides": [2, 2], "data_format": "channels_last"}
DEFAULTS = {
    "Dense": {"activation": "linear", **KERNEL, "quantization_config": None},
    "Conv2D": {**SLIDING, **KERNEL},
    "DepthwiseConv2D": {**{k: v for k, v in SLIDING.items() if k != "groups"}, "depth_multiplier": 1,
                        "depthwise_initializer": GLOROT, "bias_initializer": ZEROS, "depthwise_regularizer": None,
                        "bias_regularizer": None, "activity_regularizer": None, "depthwise_constraint": None,
                        "bias_constraint": None},
    "BatchNormalization": {**AFFINE, "momentum": 0.99, "moving_mean_initializer": ZEROS,
                           "moving_variance_initializer": ONES, "synchronized": False},
    "LayerNormalization": AFFINE,
    "GroupNormalization": AFFINE,
    "RMSNormalization": {"axis": [-1], "epsilon": 1e-6},
    "UnitNormalization": {"axis": -1},
    "ReLU": {"max_value": None, "negative_slope": 0.0, "threshold": 0.0},
    "Softmax": {"axis": -1},
    "Dropout": {"seed": None, "noise_shape": None},
    "Flatten": {"data_format": "channels_last"},
    "MaxPooling2D": POOL,
    "AveragePooling2D": POOL,
    "GlobalAveragePooling2D": {"data_format": "channels_last", "keepdims": False},
    "GlobalMaxPooling2D": {"data_format": "channels_last", "keepdims": False},
    "Embedding": {"embeddings_initializer": UNIFORM, "embeddings_regularizer": None, "activity_regularizer": None,
                  "embeddings_constraint": None, "mask_zero": False},
    "MultiHeadAttention": {"dropout": 0.0, **KERNEL, "output_shape": None, "attention_axes": [1], "seed": None},
}


def shapes_of(name, config, shape):
    """The shapes of the weights of a layer in the order of Keras."""
    last = shape[-1]
    bias = lambda n: [[n]] if config["use_bias"] else []
    if name == "Dense":
        return [[last, config["units"]], *bias(config["units"])]
    if name == "Conv2D":
        return [[*config["kernel_size"], last // config["groups"], config["filters"]], *bias(config["filters"])]
    if name == "DepthwiseConv2D":
        return [[*config["kernel_size"], last, config["depth_multiplier"]], *bias(last * config["depth_multiplier"])]
    if name == "Embedding":
        return [[config["input_dim"], config["output_dim"]]]
    if name == "RMSNormalization":
        return [[last]]
    if name in ("BatchNormalization", "LayerNormalization", "GroupNormalization"):
        axes = config["axis"] if isinstance(config["axis"], list) else [config["axis"]]
        count = config["scale"] + config["center"] + 2 * (name == "BatchNormalization")
        return [[shape[a] for a in axes]] * count
    if name == "MultiHeadAttention":
        heads, size = config["num_heads"], config["key_dim"]
        own = [[[last, heads, size], [heads, size]]] * 3 + [[[heads, size, last], [last]]]
        return [shape for both in own for shape in (both if config["use_bias"] else both[:1])]
    return []


def build(path, x, layers, rng, dtype):
    """Writes a model of layers, each a class and what its configuration has beside defaults, and returns its output.

    The third item of a layer, if there is one, are the names of its inputs, and the fourth the arguments of its call:
    the model is functional then.
    """
    policy = keras_object("keras", "DTypePolicy", {"name": dtype})
    is_sequential = all(len(one) == 2 for one in layers)
    store_bytes = io.BytesIO()
    store = h5py.File(store_bytes, "w")
    store.create_group("vars")
    # The states of an optimizer and of random generators, which a reader leaves out.
    store.create_group("optimizer/vars")["0"] = np.int64(7)
    made, stated = {"input_layer": x}, []
    names = containers([*([] if is_sequential else ["InputLayer"]), *(name for name, *_ in layers)])
    if not is_sequential:
        store.create_group("layers/input_layer/vars")
        names = names[1:]
    before = "input_layer"
    for (class_name, given, *how), container in zip(layers, names):
        name = given.get("name", container)
        config = {"name": name, "trainable": True, "dtype": policy, **DEFAULTS.get(class_name, {}), **given}
        inputs, kwargs = (how[0] if how else [before]), (how[1] if len(how) > 1 else {})
        shape = made[inputs[0]].shape
        weights = [(rng.normal(size=s) / math.sqrt(np.prod(s[:-1])) if len(s) > 1 else 0.3 + abs(rng.normal(size=s)) / 2).astype(dtype)
                   for s in shapes_of(class_name, config, shape)]
        group = store.create_group(f"layers/{container}")
        own = group.create_group("vars")
        if class_name == "MultiHeadAttention":
            step = 2 if config["use_bias"] else 1
            for p, part in enumerate(PROJECTIONS):
                # Older versions of Keras write the names of private fields.
                variables_of = group.create_group(f"{part if step == 2 else '_' + part}/vars")
                for i in range(step):
                    variables_of[str(i)] = weights[p * step + i]
            group.create_group("_softmax/vars")
            group.create_group("_dropout_layer/seed_generator/vars")["0"] = np.zeros(2, "u4")
        else:
            for i, w in enumerate(weights):
                own[str(i)] = w
        if class_name == "Dropout":
            group.create_group("seed_generator/vars")["0"] = np.zeros(2, "u4")
        wide = [w.astype(float) for w in weights]
        argument = [made[one] for one in inputs] if class_name == "Add" else made[inputs[0]]
        made[name] = LAYERS[class_name](argument, wide, config, **kwargs)
        tensor = lambda one: {"class_name": "__keras_tensor__", "config": {
            "shape": [None, *made[one].shape[1:]], "dtype": dtype, "keras_history": [one, 0, 0]}}
        args = [tensor(one) for one in inputs]
        layer = {**keras_object("keras.layers", class_name, config), "build_config": {"input_shape": [None, *shape[1:]]}}
        stated.append(layer if is_sequential else {
            **layer, "name": name,
            "inbound_nodes": [{"args": [args] if class_name == "Add" else args, "kwargs": kwargs}]})
        before = name
    store.close()
    shape = [None, *x.shape[1:]]
    first = keras_object("keras.layers", "InputLayer", {
        "batch_shape": shape, "dtype": dtype, "sparse": False, "ragged": False, "name": "input_layer"})
    if is_sequential:
        config = {"name": "sequential", "trainable": True, "dtype": policy, "layers": [first, *stated],
                  "build_input_shape": shape}
        top = {**keras_object("keras", "Sequential", config), "build_config": {"input_shape": shape}}
    else:
        config = {"name": "functional", "trainable": True,
                  "layers": [{**first, "name": "input_layer", "inbound_nodes": []}, *stated],
                  "input_layers": [["input_layer", 0, 0]], "output_layers": [[before, 0, 0]]}
        top = {**keras_object("keras.src.models.functional", "Functional", config),
               "registered_name": "Functional", "build_config": {"input_shape": None}}
    # Keras stores them as they are; compressed, they fit into a repository.
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, content in {
            "metadata.json": json.dumps({"keras_version": "3.9.0", "date_saved": "2025-01-01@00:00:00"}),
            "config.json": json.dumps(top),
            "model.weights.h5": store_bytes.getvalue(),
        }.items():
            info = zipfile.ZipInfo(file)
            info.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(info, "w", force_zip64=True) as stream:
                stream.write(content if isinstance(content, bytes) else content.encode())
    return made[before]


def models(rng, dtype):
    """The models by name: samples and layers."""
    images = rng.normal(size=(3, 6, 6, 4)).astype(dtype)
    yield "images", images, [
        ("Conv2D", {"filters": 6, "kernel_size": [3, 2], "padding": "same", "groups": 2, "name": "first"}),
        ("BatchNormalization", {"momentum": 0.9}),
        ("ReLU", {}),
        ("DepthwiseConv2D", {"kernel_size": [2, 2], "depth_multiplier": 2, "activation": "tanh"}),
        ("GroupNormalization", {"groups": 4}),
        ("MaxPooling2D", {"strides": [1, 1], "padding": "same"}),
        ("Conv2D", {"filters": 4, "kernel_size": [2, 2], "dilation_rate": [2, 2], "use_bias": False}),
        ("AveragePooling2D", {"padding": "same", "pool_size": [2, 2]}),
        ("LayerNormalization", {"axis": [2, 3]}),
        ("Dropout", {"rate": 0.5}),
        ("Flatten", {}),
        ("Dense", {"units": 3}),
        ("Softmax", {}),
    ]
    yield "pooled", images, [
        ("Conv2D", {"filters": 5, "kernel_size": [3, 3], "strides": [2, 2], "activation": "silu"}, ["input_layer"]),
        ("BatchNormalization", {"scale": False}, ["conv2d"]),
        ("GlobalMaxPooling2D", {}, ["batch_normalization"]),
        ("UnitNormalization", {}, ["global_max_pooling2d"]),
        ("Dense", {"units": 4, "activation": "selu", "use_bias": False}, ["unit_normalization"]),
        ("LayerNormalization", {"center": False, "epsilon": 1e-5}, ["dense"]),
    ]
    yield "average", images, [
        ("GroupNormalization", {"groups": -1, "scale": False}),
        ("GlobalAveragePooling2D", {}),
        ("Reshape", {"target_shape": [2, -1]}),
        ("Dense", {"units": 3}),
    ]
    tokens = rng.integers(0, 7, size=(2, 5)).astype(dtype)
    yield "transformer", tokens, [
        ("Embedding", {"input_dim": 7, "output_dim": 6}, ["input_layer"]),
        ("RMSNormalization", {}, ["embedding"]),
        ("MultiHeadAttention", {"num_heads": 2, "key_dim": 4, "value_dim": 4}, ["rms_normalization"] * 2,
         {"use_causal_mask": True}),
        ("Add", {}, ["multi_head_attention", "embedding"]),
        ("LayerNormalization", {}, ["add"]),
        ("Dense", {"units": 12, "activation": "gelu"}, ["layer_normalization"]),
        ("Dense", {"units": 6}, ["dense"]),
        ("Add", {}, ["add", "dense_1"]),
        ("MultiHeadAttention", {"num_heads": 3, "key_dim": 2, "value_dim": 2, "use_bias": False}, ["add_1"] * 2),
        ("Flatten", {}, ["multi_head_attention_1"]),
        ("Dense", {"units": 3, "activation": "log_softmax"}, ["flatten"]),
    ]
    rows = rng.normal(size=(4, 5)).astype(dtype)
    names = [name for name in ACTIVATIONS if name not in ("linear", "softmax", "log_softmax")]
    yield "activations", rows, [
        *(("Dense", {"units": 5, "activation": name}) for name in names[::2]),
        *(layer for name in names[1::2] for layer in (("Dense", {"units": 5}), ("Activation", {"activation": name}))),
    ]


def elsewhere():
    """Numbers of another file."""
    layout = h5py.VirtualLayout((3, 2), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "x", (3, 2))
    return layout


ODD = {
    # Two units of 2 ** 28 inputs, of which nothing was written: HDF5 reads them as zeros.
    "unallocated": lambda group: group.create_dataset("0", (2**28, 2), "f4"),
    "virtual": lambda group: group.create_virtual_dataset("0", elsewhere()),
    "big-endian": lambda group: group.create_dataset("0", data=np.ones((3, 2), ">f4")),
    "float16": lambda group: group.create_dataset("0", data=np.ones((3, 2), "f2")),
    "scalar": lambda group: group.create_dataset("0", data=np.float32(1)),
    "empty": lambda group: group.create_dataset("0", data=h5py.Empty("f4")),
    "outside": lambda group: group.create_dataset("0", (3, 2), "f4", external=[("/dev/stdin", 0, 24)]),
}


def odd(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, write in ODD.items():
            content = io.BytesIO()
            with h5py.File(content, "w") as file:
                group = file.create_group("layers/dense/vars")
                write(group)
                group["1"] = np.ones(2, "f4")
            archive.writestr(zipfile.ZipInfo(f"{name}.h5"), content.getvalue(), zipfile.ZIP_DEFLATED)


def main(command, *given):
    if command == "odd":
        odd(*given)
        return
    if command == "predict":
        file, x, y = given
        np.save(y, Model(file).predict(np.load(x)))
        return
    folder, seed, dtype = given
    rng = np.random.default_rng(int(seed))
    for name, x, layers in models(rng, dtype):
        y = build(f"{folder}/{name}.keras", x, layers, rng, dtype)
        assert np.array_equal(Model(f"{folder}/{name}.keras").predict(x), y)
        np.save(f"{folder}/{name}.x.npy", x)
        np.save(f"{folder}/{name}.y.npy", y)


if __name__ == "__main__":
    main(*sys.argv[1:])
