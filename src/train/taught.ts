import { type DataForm, demandForm, formOf } from '../data/agreement.js';
import type { Module } from '../nn/module.js';
import { isDataset } from '../data/dataset.js';

const forms = new WeakMap<Module, DataForm>();

/** Records the classes and columns of the data that a model is trained on. */
export function remember(model: Module, data: unknown): void {
  if (isDataset(data)) forms.set(model, formOf(data));
}

/** Throws if a model was trained on data of other classes or columns. */
export function demandTaught(where: string, model: Module, data: unknown): void {
  const form = forms.get(model);
  if (form && isDataset(data)) demandForm(where, form, data);
}
