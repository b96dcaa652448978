# Runs models that exportPyTorch wrote.
#   python3 pytorch.py run FOLDER: in each folder below it, computes outputs in both modes, gradients and statistics.
#   python3 pytorch.py train FOLDER STEPS PROCESSES: trains on all batches of one folder, in one process or several.
import importlib.util, json, os, struct, sys, tempfile
import torch
import torch.distributed as distributed
import torch.multiprocessing as multiprocessing
from torch.nn.parallel import DistributedDataParallel


def module_in(folder):
    spec = importlib.util.spec_from_file_location("model", os.path.join(folder, "model.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write(path, tensors):
    header, parts, at = {}, [], 0
    for name, tensor in tensors.items():
        data = tensor.detach().to(torch.float64).contiguous().numpy().tobytes()
        header[name] = {"dtype": "F64", "shape": list(tensor.shape), "data_offsets": [at, at + len(data)]}
        parts.append(data)
        at += len(data)
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(parts))


def first(y):
    return y[0] if isinstance(y, tuple) else y


def run(folder):
    module = module_in(folder)
    given = module.read_safetensors(os.path.join(folder, "given.safetensors"))
    x = given["x"].long() if os.path.exists(os.path.join(folder, "tokens")) else given["x"].to(module.DTYPE)
    found = {}
    model = module.load().eval()
    found["inference"] = first(model(x))
    if "seed" in given:
        model.train()
        before = set(model.state_dict())
        y = first(model(x))
        found["training"] = y
        (y * given["seed"].to(module.DTYPE)).sum().backward()
        for name, weight in model.named_parameters():
            if weight.grad is not None:
                found["gradient " + name] = weight.grad
        for name, statistic in model.named_buffers():
            if not name.startswith("tables."):
                found["moved " + name] = statistic
        assert set(model.state_dict()) == before
    found.update({"name " + name: torch.zeros(0) for name in model.state_dict()})
    write(os.path.join(folder, "found.safetensors"), found)


def step_all(model, folder, module, share):
    given = module.read_safetensors(os.path.join(folder, "given.safetensors"))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    for x, target in zip(given["x"], given["target"]):
        optimizer.zero_grad()
        ((model(share(x)) - share(target)) ** 2).mean().backward()
        optimizer.step()


def work(rank, processes, folder, meeting):
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method="file://" + meeting, rank=rank, world_size=processes)
    module = module_in(folder)
    model = module.load()
    step_all(DistributedDataParallel(model), folder, module, lambda x: x.chunk(processes)[rank])
    if rank == 0:
        write(os.path.join(folder, f"trained.{processes}.safetensors"), model.state_dict())
    distributed.destroy_process_group()


def train(folder, processes):
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    if processes == 1:
        module = module_in(folder)
        model = module.load()
        step_all(model, folder, module, lambda x: x)
        return write(os.path.join(folder, "trained.1.safetensors"), model.state_dict())
    with tempfile.TemporaryDirectory() as meeting:
        multiprocessing.spawn(work, (processes, folder, os.path.join(meeting, "meeting")), processes)


if __name__ == "__main__":
    command, place, *rest = sys.argv[1:]
    if command == "train":
        train(place, int(rest[0]))
    else:
        for name in sorted(os.listdir(place)):
            run(os.path.join(place, name))
