"""Writes the event files that the tests import, by tensorboardX: python make-event-files.py FOLDER"""

import glob
import os
import struct
import sys

from tensorboardX import SummaryWriter
from tensorboardX.crc32c import crc32c
from tensorboardX.proto import event_pb2, summary_pb2
from tensorboardX.proto.tensor_pb2 import TensorProto
from tensorboardX.proto.tensor_shape_pb2 import TensorShapeProto

root = sys.argv[1]


def events(folder):
    return sorted(glob.glob(f"{root}/{folder}/*tfevents*"))


# Scalars, an image and a histogram, in a run with hyperparameters.
writer = SummaryWriter(f"{root}/first", write_to_disk=True)
for step in range(100):
    writer.add_scalar("loss", 1 / (step + 1), step, walltime=1_700_000_000 + step)
    writer.add_scalar("train/accuracy", step / 100, step, walltime=1_700_000_000.5 + step)
for step, value in enumerate([float("nan"), float("inf"), float("-inf"), -0.0]):
    writer.add_scalar("odd", value, step, walltime=1_700_000_200 + step)
writer.add_histogram("weights", [1.0, 2.0, 3.0], 0, walltime=1_700_000_001)
writer.add_text("remark", "hello", 0, walltime=1_700_000_001)
writer.close()

# What add_hparams writes: a run of its own below.
writer = SummaryWriter(f"{root}/tuned")
writer.add_hparams({"lr": 0.25, "layers": 3, "optimizer": "adam", "nesterov": True}, {"score": 0.75}, name="trial", global_step=5)
writer.close()


# As TensorFlow 2 writes scalars: tensors, and the plugin named with the first one only.
def frame(data):
    def masked(part):
        sum = crc32c(part)
        return (((sum >> 15) | (sum << 17)) + 0xA282EAD8) & 0xFFFFFFFF

    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked(length)) + data + struct.pack("<I", masked(data))


os.makedirs(f"{root}/deep/tensors")
records = [event_pb2.Event(wall_time=1_700_000_300, file_version="brain.Event:2")]
for step in range(10):
    for tag, tensor in [
        ("epoch_loss", TensorProto(dtype=1, tensor_content=struct.pack("<f", 0.5 * step), tensor_shape=TensorShapeProto())),
        ("exact", TensorProto(dtype=2, double_val=[0.1 * step], tensor_shape=TensorShapeProto())),
        ("packed", TensorProto(dtype=1, float_val=[step], tensor_shape=TensorShapeProto())),
    ]:
        value = summary_pb2.Summary.Value(tag=tag, tensor=tensor)
        if step == 0:
            value.metadata.plugin_data.plugin_name = "scalars"
        records.append(event_pb2.Event(wall_time=1_700_000_300 + step, step=step, summary=summary_pb2.Summary(value=[value])))
with open(f"{root}/deep/tensors/events.out.tfevents.1700000300.host", "wb") as file:
    for record in records:
        file.write(frame(record.SerializeToString()))

# A training that went on: a second file in the same folder.
for part in range(2):
    with open(f"{root}/deep/events.out.tfevents.170000040{part}.host", "wb") as file:
        for step in range(5):
            value = summary_pb2.Summary.Value(tag="loss", simple_value=part * 5 + step)
            event = event_pb2.Event(
                wall_time=1_700_000_400 + part * 5 + step, step=part * 5 + step, summary=summary_pb2.Summary(value=[value])
            )
            file.write(frame(event.SerializeToString()))
