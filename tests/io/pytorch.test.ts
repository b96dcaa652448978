import { expect } from 'chai';
import {
  Dense,
  Dropout,
  Module,
  Sequential,
  type Tensor,
  abs,
  normalization,
  norms,
  randomNormal,
  relu,
  stopGradient,
} from '../../src/index.js';
import { exportPyTorch, readSafetensors } from '../../src/io/index.js';

// What the files compute in PyTorch is compared with ours in tests/peers/judges/pytorch.judge.ts.

const x = randomNormal([4, 3], { seed: 1 });

function built<M extends Module>(model: M): M {
  (model.forward as (x: Tensor) => unknown)(x);
  return model;
}

const textOf = (model: Module, options: object = {}): string =>
  new TextDecoder().decode(exportPyTorch(model, { input: ['batch', 3], ...options })['model.py']);

const classifier = () =>
  built(
    new Sequential([
      new Dense(4, { seed: 1 }),
      normalization(norms.batch_norm),
      relu,
      normalization(norms.layer_norm),
      new Dense(2, { seed: 2 }),
    ]),
  );

describe('exportPyTorch', () => {
  it('writes a part for each layer, with a branch where training differs', () => {
    const [, forward] = textOf(classifier()).split('def forward(self, input):');
    const parts = forward!.split(/\n\n/).map((part) => part.trim());
    expect(parts[0]).to.equal(
      '# layers.0: Dense\n        layers_0 = input @ self["layers.0.kernel"] + self["layers.0.bias"]',
    );
    expect(parts[1]).to.match(
      /^# layers\.1: batch_norm\n +if self\.training:\n[^]*self\.move\("layers\.1\.moving_mean", [^]*else:\n[^]*layers_1 = /,
    );
    expect(parts[2]).to.equal('# Sequential\n        sequential = torch.relu(layers_1)');
    expect(parts[3]).to.match(
      /layers_3 = F\.layer_norm\(sequential, \(4,\), self\["layers\.3\.gamma"\], self\["layers\.3\.beta"\], eps=/,
    );
    expect(parts.at(-1)).to.equal('return layers_4');
  });

  it('keeps names, shapes, and which weights are frozen', () => {
    const model = classifier();
    for (const [name, one] of model.namedParameters()) one.trainable = !name.startsWith('layers.0');
    const text = textOf(model);
    for (const [name, { shape }] of model.namedParameters())
      expect(text).to.include(`"${name}": (${shape.join(', ')}${shape.length === 1 ? ',' : ''})`);
    const [, frozen] = /^FROZEN = (\{[^}]*\})/m.exec(text)!;
    expect(frozen)
      .to.match(/layers\.0\.kernel[^]*layers\.0\.bias/)
      .and.not.to.include('layers.4');
    const { tensors } = readSafetensors(exportPyTorch(model, { input: ['batch', 3] })['model.safetensors']);
    expect(Object.keys(tensors).sort()).to.deep.equal(Object.keys(model.stateDict()).sort());
    expect([...tensors['layers.4.kernel']!.data]).to.deep.equal([
      ...model.stateDict()['layers.4.kernel']!.data,
    ]);
  });

  it('writes inference alone if it is told to', () => {
    const text = textOf(classifier(), { training: false });
    expect(text).not.to.match(/self\.training|def move/);
  });

  it('stops gradients where the model does', () => {
    class Stopping extends Module {
      override forward(y: Tensor): Tensor {
        return abs(stopGradient(y));
      }
    }
    expect(textOf(new Stopping())).to.include('torch.abs(input.detach())');
  });

  it('writes a method for each mode if their parts do not go together', () => {
    class Other extends Module {
      readonly first = new Dense(3, { seed: 1 });
      readonly second = new Dense(3, { seed: 2 });
      override forward(y: Tensor): Tensor {
        return this.training ? this.second.forward(this.first.forward(y)) : this.first.forward(y);
      }
    }
    const text = textOf(built(new Other()));
    expect(text).to.match(/def forward_training\(self, input\):[^]*second[^]*def forward_inference/);
  });

  it('writes dropout, and draws none from the generator of the model', () => {
    const model = built(
      new Sequential([new Dense(4, { seed: 1 }), new Dropout(0.5, { seed: 3 }), new Dense(2)]),
    );
    const { state } = [...model.generators().values()][0]!;
    const text = textOf(model);
    expect(text)
      .to.include('layers_1 = F.dropout(layers_0, 0.5, self.training)')
      .and.not.to.include('if self');
    expect([...model.generators().values()][0]!.state).to.deep.equal(state);
    expect(textOf(model, { training: false })).not.to.include('dropout(');
  });

  it('leaves the model as it was', () => {
    const model = classifier();
    const before = JSON.stringify(model.stateDict());
    textOf(model);
    expect(JSON.stringify(model.stateDict())).to.equal(before);
    expect(model.training).to.equal(true);
  });

  it('writes paths of users so that they end no text', () => {
    class Odd extends Module {
      readonly ['a"""\n#'] = new Dense(3, { seed: 1 });
      override forward(y: Tensor): Tensor {
        return this['a"""\n#'].forward(y);
      }
    }
    const text = textOf(built(new Odd()));
    expect(text.match(/"""/g)!.length % 2).to.equal(0);
    expect(text).to.match(/self\["a\\"\\"\\"\\n#\.kernel"\]/);
  });

  it('refuses what it cannot write, and says what', () => {
    const approximate = built(new Sequential([new Dense(3), normalization(norms.power_norm)]));
    expect(() => textOf(approximate)).to.throw(
      'exportPyTorch: expected layers without an approximate gradient of their own, received "layers.1: power_norm". With training: false it is written for inference alone.',
    );
    expect(textOf(approximate, { training: false })).to.include('layers.1: power_norm');
    expect(() => textOf(new Dense(2))).to.throw(/^exportPyTorch: expected a model that is built/);
    expect(() => textOf(classifier(), { input: [0, 3] })).to.throw(/^exportPyTorch\.input: expected a shape/);
    expect(() => textOf(classifier(), { trainning: true })).to.throw(/Did you mean training\?/);
  });
});
