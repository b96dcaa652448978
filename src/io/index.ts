export type { Writable } from './arrays.js';
export type { Bytes } from './bytes.js';
export { readNpy, writeNpy } from './npy.js';
export { type ReadNpzOptions, type WriteNpzOptions, readNpz, writeNpz } from './npz.js';
export { type Safetensors, readSafetensors, writeSafetensors } from './safetensors.js';
export { type LoadedModel, loadModel } from './model/load.js';
export { type RegisteredModule, registerModule, registerNorm } from './model/registry.js';
export { type Extras, saveModel } from './model/save.js';
export type { Graph, Node as GraphNode } from './graph/node.js';
export type { BatchShape } from './graph/inputs.js';
export { type GraphLoss, type TraceOptions, traceGraph } from './graph/trace.js';
export {
  type InferenceOptions,
  type OnnxTraining,
  type TrainingOptions,
  exportOnnx,
  exportOnnxTraining,
} from './onnx/export.js';
export {
  type LeftOver,
  type LoadFromOptions,
  type NamingOptions,
  loadFrom,
  tensorsFor,
} from './naming/load-from.js';
export { type COptions, exportC } from './c/export.js';
export { type PyTorchFiles, type PyTorchOptions, exportPyTorch } from './pytorch/export.js';
export { configFromKeras } from './keras/config-from-keras.js';
export type { TypeAndOptions } from './keras/norm-classes.js';
export { type LayersModelFiles, readLayersModel } from './keras/read-layers-model.js';
export { writeLayersModel } from './keras/write-layers-model.js';
export { type KerasFiles, type ReadKerasOptions, readKeras } from './keras/read-keras.js';
export { writeKeras, writeKerasFiles } from './keras/write-keras.js';
