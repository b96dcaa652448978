import { expect } from 'chai';
import fc from 'fast-check';
import { fromSource } from '../../src/array/index.js';
import { Gradients } from '../../src/autograd/gradients.js';
import { Parameter } from '../../src/autograd/parameter.js';
import { tensor } from '../../src/autograd/create.js';
import { Tensor } from '../../src/autograd/tape.js';
import {
  Adam,
  AdamW,
  ConfigurableModel,
  Dense,
  Muon,
  SGD,
  type Selection,
  constantSchedule,
  crossEntropy,
  randomNormal,
  valueAndGrad,
} from '../../src/index.js';
import { fit } from '../../src/train/index.js';
import { some } from '../train/support.js';

const made = (): ConfigurableModel => {
  const model = new ConfigurableModel({ classes: 3, hidden: [4, 4], normalization: 'layer_norm', seed: 1 });
  model.forward(randomNormal([2, 5], { seed: 2 }));
  return model;
};

/** How far a step moves each parameter of which every gradient is 1. */
function moves(
  model: ConfigurableModel,
  optimizer: { step(gradients: Gradients): void },
): Record<string, number> {
  const before = new Map(model.parameters().map((parameter) => [parameter, parameter.value]));
  const one = ({ shape }: Parameter): Tensor =>
    tensor(Float32Array.from({ length: shape.reduce((n, m) => n * m, 1) }).fill(1), { shape });
  optimizer.step(new Gradients(new Map(model.parameters().map((leaf) => [leaf, one(leaf)]))));
  return Object.fromEntries(
    [...model.namedParameters()].map(([name, leaf]) => [
      name,
      Number((before.get(leaf)!.data[0]! - leaf.value.data[0]!).toFixed(5)),
    ]),
  );
}

const names = [
  'hidden.0.dense.kernel',
  'hidden.0.dense.bias',
  'hidden.0.norm.gamma',
  'hidden.0.norm.beta',
  'hidden.1.dense.kernel',
  'hidden.1.dense.bias',
  'hidden.1.norm.gamma',
  'hidden.1.norm.beta',
  'output.kernel',
  'output.bias',
];

describe('parameter groups', () => {
  const selections: readonly (readonly [string, (model: ConfigurableModel) => Selection, RegExp])[] = [
    ['a word', () => 'matrices', /kernel/],
    ['the other word', () => 'vectors', /bias|gamma|beta/],
    ['a pattern', () => 'hidden.*.norm.*', /norm/],
    ['a name', () => 'output.bias', /^output\.bias$/],
    ['a regular expression', () => /gamma|beta/g, /gamma|beta/],
    ['a function of the name', () => (_, name) => name.startsWith('output'), /^output/],
    [
      'a function of the parameter',
      () =>
        ({ shape }) =>
          shape.length === 2,
      /kernel/,
    ],
    ['a module', (model) => model.output, /^output/],
    ['a list of modules', (model) => model.hidden, /^hidden/],
    ['a list of parameters', (model) => [model.output.bias!], /^output\.bias$/],
  ];

  for (const [what, selection, expected] of selections) {
    it(`are chosen by ${what}`, () => {
      const model = made();
      const groups = [{ parameters: selection(model), learningRate: 0.5 }];
      const found = moves(model, new SGD({ learningRate: 0.25, groups, names: model }));
      expect(found).to.deep.equal(
        Object.fromEntries(names.map((name) => [name, expected.test(name) ? 0.5 : 0.25])),
      );
    });
  }

  it('use the first group that selects a parameter, and its schedule', () => {
    const model = made();
    const optimizer = new SGD({
      learningRate: 0.25,
      names: model,
      groups: [
        { parameters: 'output.*', learningRate: (step) => 1 / (1 + step) },
        { parameters: 'vectors', learningRate: 0 },
      ],
    });
    expect(moves(model, optimizer)).to.include({
      'output.bias': 1,
      'output.kernel': 1,
      'hidden.0.dense.bias': 0,
    });
    expect(moves(model, optimizer)).to.include({ 'output.bias': 0.5, 'hidden.0.dense.kernel': 0.25 });
    optimizer.rateFactor = 0.1;
    optimizer.learningRate = 1;
    expect(moves(model, optimizer)).to.include({ 'output.bias': 0.03333, 'hidden.0.dense.kernel': 0.1 });
    expect([optimizer.rate, optimizer.steps]).to.deep.equal([0.1, 3]);
  });

  it('may set every option except the convention, in either spelling', () => {
    const model = made();
    const groups = [{ parameters: 'vectors' as const, momentum: 0.5, weight_decay: 0 }];
    const optimizer = new SGD({ learning_rate: 0.1, momentum: 0, weightDecay: 0.1, groups } as never);
    moves(model, optimizer);
    expect(moves(model, optimizer)).to.include({ 'output.bias': 0.15 });
    expect(Object.keys(optimizer.stateDict(model)).filter((name) => name.endsWith('velocity'))).to.deep.equal(
      names.filter((name) => !name.endsWith('kernel')).map((name) => `${name}.velocity`),
    );
    const convention = { parameters: 'vectors' as const, convention: 'pytorch' };
    expect(() => new SGD({ groups: [convention] })).to.throw(
      'SGD.groups[0]: expected an object { parameters, … }',
    );
  });

  it('give the same bits as several optimizers', () => {
    fc.assert(
      fc.property(
        fc.tuple(fc.constantFrom(0.1, 0.01), fc.constantFrom(0.05, 0.2)),
        fc.tuple(fc.constantFrom(0, 0.1), fc.constantFrom(0, 0.3)),
        fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 1, maxLength: 5 }),
        ([fast, slow], [some, other], gradients) => {
          const parameters = [1, 2, 3, 4].map((w) => new Parameter(fromSource(Float64Array.of(w))));
          const [a, b, c, d] = parameters as [Parameter, Parameter, Parameter, Parameter];
          const one = new Adam({
            learningRate: fast,
            weightDecay: some,
            groups: [{ parameters: [b], learningRate: slow, weightDecay: other }],
          });
          const alone = [
            new Adam({ learningRate: fast, weightDecay: some }),
            new Adam({ learningRate: slow, weightDecay: other }),
          ] as const;
          c.value = a.value;
          d.value = b.value;
          for (const g of gradients) {
            const gradient = tensor(Float64Array.of(g));
            const of = (...leaves: Parameter[]) =>
              new Gradients(new Map(leaves.map((leaf) => [leaf, gradient])));
            one.step(of(a, b));
            alone[0].step(of(c));
            alone[1].step(of(d));
          }
          expect([a.item(), b.item()]).to.deep.equal([c.item(), d.item()]);
        },
      ),
    );
  });

  it('need the model for names, which fit passes', () => {
    const groups = [{ parameters: /bias/, learningRate: 0.5 }];
    expect(() => moves(made(), new SGD({ groups }))).to.throw(
      'SGD.names: expected the model whose parameters have these names, received undefined. A pattern chooses parameters by name: state { names: model }.',
    );
    const optimizer = new SGD({ groups: [{ parameters: /bias/, learningRate: 0 }] });
    const model = new Dense(10, { seed: 1 });
    fit(model, some(8), { loss: crossEntropy, optimizer, seed: 1 });
    expect([...model.bias!.value.data]).to.deep.equal(Array(10).fill(0));
    expect(optimizer.names).to.equal(undefined);
  });

  it('reject selections that match nothing', () => {
    const model = made();
    const stepping = (parameters: unknown) => () =>
      moves(model, new SGD({ names: model, groups: [{ parameters } as never] }));
    expect(stepping('hiden.*')).to.throw(
      /SGD.groups\[0\].parameters: expected a pattern that fits a name among hidden/,
    );
    expect(stepping('matrixes')).to.throw('expected a pattern that fits a name');
    expect(stepping(3)).to.throw(
      "SGD.groups[0].parameters: expected 'matrices', 'vectors', a pattern of names",
    );
    expect(stepping([3])).to.throw('a module or a list of parameters, received [3]');
    expect(() => new SGD({ groups: {} as never })).to.throw('SGD.groups: expected a list of groups');
    expect(() => new SGD({ groups: [{ parameters: 'vectors', momentun: 1 } as never] })).to.throw(
      'Did you mean momentum?',
    );
    const other = made();
    expect(() => moves(model, new SGD({ names: other, groups: [{ parameters: /bias/ }] }))).to.throw(
      'SGD.names: expected a model that has every parameter to update',
    );
  });
});

describe('weight decay', () => {
  it('excludes vectors by one word', () => {
    const model = made();
    const still = new Map(model.parameters().map((leaf) => [leaf, leaf.value.data[0]!]));
    const zero = new Map(
      model
        .parameters()
        .map((leaf) => [leaf, new Tensor(fromSource(new Float32Array(leaf.size), { shape: leaf.shape }))]),
    );
    new AdamW({ learningRate: 0.5, weightDecay: { rate: 0.5, exclude: 'vectors' } }).step(
      new Gradients(zero),
    );
    for (const [name, leaf] of model.namedParameters()) {
      const share = name.endsWith('kernel') ? 0.75 : 1;
      expect(leaf.value.data[0], name).to.be.closeTo(share * still.get(leaf)!, 1e-6);
    }
  });

  it('keeps the default rate, and is rejected if that is 0', () => {
    expect(new AdamW({ weightDecay: { exclude: 'vectors' } }).options.weightDecay).to.equal(0.004);
    expect(() => new Adam({ weightDecay: { exclude: 'vectors' } })).to.throw(
      'Adam.weightDecay.rate: expected a rate above 0, received 0. With a rate of 0, nothing decays.',
    );
    expect(() => new Adam({ weightDecay: { rate: 0.1, exlude: 'vectors' } as never })).to.throw(
      'Adam.weightDecay: expected an object of rate and exclude alone, received "exlude".',
    );
    expect(() => new Adam({ weightDecay: { rate: -1 } })).to.throw(
      'Adam.weightDecay: expected a finite number',
    );
  });
});

describe('a selection', () => {
  it('chooses the matrices that Muon leaves to Adam', () => {
    const model = made();
    const muon = new Muon({ exclude: 'output.*', names: model });
    moves(model, muon);
    const slots = Object.keys(muon.stateDict(model));
    expect(slots).to.include('output.kernel.mean').and.include('hidden.0.dense.kernel.velocity');
  });

  it('matches the state of an optimizer by the names of the model', () => {
    const [model, again] = [made(), made()];
    const given = { groups: [{ parameters: /bias/, momentum: 0.9, learningRate: constantSchedule(0.1) }] };
    const [one, other] = [new SGD({ ...given, names: model }), new SGD(given)];
    const x = randomNormal([4, 5], { seed: 3 });
    const step = (m: ConfigurableModel, optimizer: SGD) =>
      optimizer.step(valueAndGrad(() => crossEntropy(m.forward(x), [0, 1, 2, 0]), m).gradients);
    step(model, one);
    again.loadStateDict(model.stateDict());
    other.loadStateDict(one.stateDict(model), again);
    other.names = again;
    step(model, one);
    step(again, other);
    expect(again.output.bias!.toArray()).to.deep.equal(model.output.bias!.toArray());
  });
});

describe('a step', () => {
  it('without a parameter to update is rejected with the reason', () => {
    const model = new Dense(1, { seed: 1 });
    const loss = crossEntropy(model.forward(randomNormal([2, 3], { seed: 1 })), [0, 0]);
    const optimizer = new SGD();
    expect(() => optimizer.step(valueAndGrad(() => loss, model).gradients)).to.throw(
      'SGD.step: expected gradients of at least one parameter, received "none". Compute the loss from the model inside the function',
    );
    const x = tensor([[1, 2, 3]]);
    const ofInput = valueAndGrad(() => crossEntropy(model.forward(x), [0]), x).gradients;
    expect(() => optimizer.step(ofInput)).to.throw('received "1 of tensors that are not parameters"');
    expect(optimizer.steps).to.equal(0);
  });
});
