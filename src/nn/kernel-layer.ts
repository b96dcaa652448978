import { type Shape, demandShape, full, sizeOf } from '../array/index.js';
import type { Parameter } from '../autograd/parameter.js';
import type { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { isPlainObject } from '../option/index.js';
import { ATTACH, ATTACHED } from './construction.js';
import { AFTER_LOADING, Module } from './module.js';
import { demandRoomFor } from './room.js';
import type { Weight } from './statistic.js';

// The keys of the methods below, which are not for users of a layer.
export const KERNELS: unique symbol = Symbol('kernels');
export const REPARAMETERIZATION: unique symbol = Symbol('reparameterization');
export const REPARAMETERIZE: unique symbol = Symbol('reparameterize');
export const EFFECTIVE: unique symbol = Symbol('effective');
export const EFFECTIVE_SHAPE: unique symbol = Symbol('effective shape');

/** A kernel of a layer. */
export interface Kernel {
  /** The weight that the layer keeps; undefined until it is built. */
  readonly stored: Parameter | undefined;
  /** The axes of the kernel along which its outputs lie; the weights of one output lie along the others. */
  readonly outputs: readonly number[];
}

/** A function of a stored weight, whose result a layer computes with; it may have weights of its own. */
export interface Reparameterization extends Module {
  forward(stored: Tensor): Tensor;
  /** Starts its own weights anew from a weight that was loaded without them. */
  startFrom(stored: Tensor): void;
}

/** The reparameterization of a kernel, and the shape of its result. */
interface Through {
  readonly by: Reparameterization;
  readonly shape: Shape;
}

/**
 * A layer that multiplies by kernels, each of which it reads through `EFFECTIVE`. A reparameterization of the field
 * `kernel` is a member `kernelNorm`: its weights are saved, trained and counted with those of the layer.
 */
export abstract class KernelLayer extends Module {
  readonly #through = new Map<string, Through>();

  /** The kernels by the names of their fields. */
  abstract [KERNELS](): Readonly<Record<string, Kernel>>;

  /** What the layer computes with in place of a kernel; undefined if with the kernel itself. */
  [REPARAMETERIZATION](name: string): Reparameterization | undefined {
    return this.#through.get(name)?.by;
  }

  /** Makes the layer compute with a function of a kernel, whose result has this shape; or with the kernel itself again. */
  [REPARAMETERIZE](name: string, by: Reparameterization | undefined, shape: Shape = []): void {
    if (by) this.#through.set(name, { by, shape });
    else this.#through.delete(name);
  }

  /** The kernel that the layer computes with. */
  protected [EFFECTIVE](name: string, stored: Parameter): Tensor {
    return this.#through.get(name)?.by.forward(stored) ?? stored;
  }

  protected [EFFECTIVE_SHAPE](name: string, stored: Parameter): Shape {
    return this.#through.get(name)?.shape ?? stored.shape;
  }

  protected override *members(): Iterable<readonly [string, unknown]> {
    yield* super.members();
    for (const [name, { by }] of this.#through) yield [`${name}Norm`, by];
  }

  /** The reparameterizations by the names of the kernels, and the shapes of the results and of the stored weights. */
  override [ATTACHED](): unknown {
    const kernels = this[KERNELS]();
    const attached = [...this.#through].map(([name, { by, shape }]) => {
      return [name, { by, shape, stored: kernels[name]?.stored?.shape }] as const;
    });
    return attached.length ? Object.fromEntries(attached) : undefined;
  }

  override [ATTACH](attached: unknown): undefined {
    const kernels = this[KERNELS]();
    for (const [name, given] of Object.entries(isPlainObject(attached) ? attached : { attached })) {
      const kernel = Object.hasOwn(kernels, name) ? kernels[name]?.stored : undefined;
      const { by, shape, stored } = isPlainObject(given) ? given : {};
      const where = `${this.describe()}.${name}`;
      if (!kernel || !(by instanceof Module && 'startFrom' in by)) {
        throw new NormtapeError({ where, expected: 'a norm of a kernel that is built', received: given });
      }
      demandShape(where, shape);
      demandShape(where, stored);
      // A norm may store the weight in other coordinates.
      if (String(stored) !== String(kernel.shape)) {
        demandRoomFor('elements', sizeOf(stored), where);
        kernel.value = full(stored, 0, kernel.dtype);
      }
      this[REPARAMETERIZE](name, by as Reparameterization, shape);
    }
    return undefined;
  }

  override [AFTER_LOADING](loaded: ReadonlySet<Weight>): void {
    for (const [name, { stored }] of Object.entries(this[KERNELS]())) {
      const by = this.#through.get(name)?.by;
      if (!by || !stored || !loaded.has(stored)) continue;
      const own: Weight[] = [...by.parameters(), ...by.statistics().values()];
      if (!own.some((weight) => loaded.has(weight))) by.startFrom(stored);
    }
  }
}
