// Compiled, never run: forward demands the inputs besides x that its norm declares.
import { type Tensor, createNormalizationLayer } from '../../src/index.js';

declare const x: Tensor;
declare const gate: Tensor;
declare const key: Tensor;
declare const condition: Tensor;
declare const shift: Tensor;
declare const scale: Tensor;

const gated = createNormalizationLayer('gated_rms_norm');
const opened: Tensor = gated.forward(x, { gate });
gated.forward(x, { gate, mask: [[true, false]] });
// @ts-expect-error the gate is missing
gated.forward(x);
// @ts-expect-error the gate is missing
gated.forward(x, {});
// @ts-expect-error a mask is no gate
gated.forward(x, { mask: [[true, false]] });
// @ts-expect-error a gate may not be undefined
gated.forward(x, { gate: undefined });
// @ts-expect-error a gate is a tensor
gated.forward(x, { gate: 1 });
// @ts-expect-error no such input
gated.forward(x, { gate, gates: gate });

const heads = createNormalizationLayer('qk_norm');
const [queries, keys]: readonly [Tensor, Tensor] = heads.forward(x, { key });
// @ts-expect-error the key is missing
heads.forward(x);
// @ts-expect-error the key is missing
heads.forward(x, { gate });

// Options decide which of these a layer takes, and it demands them when it runs.
const modulated = createNormalizationLayer('modulated_norm', { conditionSize: 3 });
modulated.forward(x, { condition });
modulated.forward(x, { shift, scale });
// @ts-expect-error every layer of it takes some
modulated.forward(x);
// @ts-expect-error no such input
modulated.forward(x, { gates: gate });

// Some layers of rev_in take x alone.
const reversible = createNormalizationLayer('rev_in');
const [normalized, mean, deviation]: readonly [Tensor, Tensor?, Tensor?] = reversible.forward(x);
reversible.forward(normalized, { mean, deviation });
// @ts-expect-error no such input
reversible.forward(x, { gate });

createNormalizationLayer('rms_norm').forward(x);
// @ts-expect-error rms_norm takes x alone
createNormalizationLayer('rms_norm').forward(x, { gate });

export { keys, opened, queries };
