import { expect } from 'chai';
import { watchFinite } from '../../src/autograd/anomaly.js';
import { describeTape } from '../../src/autograd/describe.js';
import { tensor } from '../../src/autograd/create.js';
import { noGrad } from '../../src/autograd/recording.js';
import { valueAndGrad, vjp } from '../../src/autograd/vjp.js';
import { add, div, exp, log, mul, sqrt, sub, sum } from '../../src/ops/catalog.js';

describe('watching for numbers that are not finite', () => {
  it('names the first op that makes one, its rows, and that its inputs were finite', () => {
    const x = tensor([
      [1, 2],
      [-1, 0],
      [3, 4],
      [0, 1],
    ]);
    expect(() => watchFinite(() => exp(add(log(x), 1)))).to.throw(
      'log: expected a finite value, received "3 of 8 not finite, in rows 1, 3 of the shape [4,2]". Its inputs, of the shape [4,2], were finite.',
    );
  });

  it('tells data that is not finite from an op that made it so', () => {
    const x = tensor([1, NaN]);
    const y = tensor([1, 2]);
    expect(() => watchFinite(() => add(y, x))).to.throw(
      'add: expected a finite value, received "1 of 2 not finite, in row 0 of the shape [2]". Input 1 was not finite already, and no op computed it: check the data.',
    );
  });

  it('finds gradients that are not finite, of finite values', () => {
    const x = tensor([4, 0]);
    const step = () => valueAndGrad(() => sum(sqrt(x)), x);
    expect(step().value.item()).to.equal(2);
    expect(() => watchFinite(step)).to.throw(
      'gradient of input 0 of sqrt: expected a finite gradient, received "1 of 2 not finite, in row 0 of the shape [2]".',
    );
  });

  it('names the place in the program, forward and backward', () => {
    let place = 'first';
    const x = tensor([0, 1]);
    const forward = () => {
      place = 'first';
      const y = sqrt(x);
      place = 'second';
      return sum(y);
    };
    expect(() =>
      watchFinite(
        () => valueAndGrad(forward, x),
        () => place,
      ),
    ).to.throw('gradient of input 0 of sqrt in first: expected a finite gradient');
  });

  it('sees ops under noGrad, and is silent and gone if all is finite', () => {
    const x = tensor([1, 0]);
    expect(() => watchFinite(() => noGrad(() => div(1, x)))).to.throw('div: expected a finite value');
    expect(
      watchFinite(() =>
        vjp(() => mul(x, x))
          .pullback()
          .of(x)!
          .toArray(),
      ),
    ).to.deep.equal([2, 0]);
    expect(div(1, x).toArray()).to.deep.equal([1, Infinity]);
  });
});

describe('a described tape', () => {
  const x = tensor([[1, 2]]);
  const w = tensor([[3], [4]]);
  const names = new Map([[w, 'kernel']]);
  const f = () => {
    const y = sub(mul(x, x), 1);
    return add(y, mul(y, sum(w)));
  };

  it('is text, with a line for each op', () => {
    expect(describeTape(f, { names })).to.equal(
      [
        'leaf0: leaf0 [1,2] float32',
        'op0: mul [1,2] float32 from leaf0, leaf0',
        'leaf1: leaf1 [] float32',
        'op1: sub [1,2] float32 from op0, leaf1',
        'leaf2: kernel [2,1] float32',
        'op2: sum [] float32 from leaf2',
        'op3: mul [1,2] float32 from op1, op2',
        'op4: add [1,2] float32 from op1, op3',
      ].join('\n'),
    );
  });

  it('is a graph for Mermaid and for Graphviz, with an edge for each input', () => {
    const mermaid = describeTape(f, { format: 'mermaid', names }).split('\n');
    expect(mermaid[0]).to.equal('flowchart TD');
    expect(mermaid).to.include('  leaf2(["kernel [2,1] float32"])');
    expect(mermaid).to.include('  op4["add [1,2] float32"]');
    expect(mermaid.filter((line) => line.includes('-->'))).to.deep.equal(
      [
        ...['leaf0 --> op0', 'leaf0 --> op0', 'op0 --> op1', 'leaf1 --> op1', 'leaf2 --> op2'],
        ...['op1 --> op3', 'op2 --> op3', 'op1 --> op4', 'op3 --> op4'],
      ].map((edge) => `  ${edge}`),
    );
    const graphviz = describeTape(f, { format: 'graphviz', names });
    expect(graphviz).to.match(/^digraph tape \{\n[\s\S]*\n\}$/);
    expect(graphviz).to.include('leaf2 [label="kernel [2,1] float32", shape=ellipse];');
    expect(graphviz.match(/->/g)).to.have.length(9);
  });
});
