import { Random, anySeed, draw, full } from '../array/index.js';
import { Parameter } from '../autograd/parameter.js';
import { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { add, matmul, reshape } from '../ops/catalog.js';
import { Module } from './module.js';

export interface DenseOptions {
  readonly useBias?: boolean;
  /** Of the initial kernel; left out, one is drawn, and kept here to be read. */
  readonly seed?: number;
}

/** y = x·kernel + bias along the last axis; the first input sets the number of inputs. */
export class Dense extends Module {
  readonly useBias: boolean;
  readonly seed: number;
  kernel: Parameter | undefined;
  bias: Parameter | undefined;

  constructor(
    readonly units: number,
    { useBias = true, seed = anySeed() }: DenseOptions = {},
  ) {
    super();
    if (!Number.isInteger(units) || units < 1) {
      throw new NormtapeError({ where: 'Dense.units', expected: 'a whole number above 0', received: units });
    }
    this.useBias = useBias;
    this.seed = seed;
  }

  override get built(): boolean {
    return this.kernel !== undefined;
  }

  override forward(x: Tensor): Tensor {
    const inputs = x.shape.at(-1);
    if (inputs === undefined) {
      throw new NormtapeError({ where: 'Dense', expected: 'an input of rank 1 or more', received: x.shape });
    }
    const kernel = (this.kernel ??= this.#kernel(inputs, x));
    if (this.useBias) this.bias ??= this.#own(new Tensor(full([this.units], 0, x.dtype)));
    const rows = x.shape.length === 2 ? x : reshape(x, [x.size / inputs, inputs]);
    const product = matmul(rows, kernel);
    const y = this.bias ? add(product, this.bias) : product;
    return rows === x ? y : reshape(y, [...x.shape.slice(0, -1), this.units]);
  }

  /** Uniform within ±√(6 / (inputs + units)), by Glorot and Bengio. */
  #kernel(inputs: number, { dtype }: Tensor): Parameter {
    const limit = Math.sqrt(6 / (inputs + this.units));
    const random = new Random(this.seed);
    return this.#own(new Tensor(draw([inputs, this.units], () => limit * (2 * random.uniform() - 1), dtype)));
  }

  #own(initial: Tensor): Parameter {
    return new Parameter(initial, { trainable: this.trainable });
  }
}
