import { expect } from 'chai';
import fc from 'fast-check';
import { type Ball, balls } from '../../src/verify/exact/ball.js';
import { type Wide, wide } from '../../src/verify/exact/wide.js';

/** Digits of the exact number, cut, as an integer with so many of them behind the point. */
function digits({ m, e }: Wide, places: number): bigint {
  const whole = (m < 0n ? -m : m) * 10n ** BigInt(places);
  const cut = e < 0 ? whole >> BigInt(-e) : whole << BigInt(e);
  return m < 0n ? -cut : cut;
}

/** Expects the number to have these digits, but for one unit of the last. */
function expectDigits(x: Wide, text: string): void {
  const [, sign, whole, fraction] = /^(-?)(\d+)\.(\d+)$/.exec(text)!;
  const wanted = BigInt(`${sign}${whole}${fraction}`);
  const off = digits(x, fraction!.length) - wanted;
  expect(off >= -1n && off <= 1n, `${digits(x, fraction!.length)} for ${wanted}`).to.equal(true);
}

// Computed with mpmath in 80 digits: x, erf x, 2/√π · exp(−x²), exp x.
const KNOWN = [
  [
    2 ** -40,
    '0.00000000000102625487406431836816060112323347156686790891844375743',
    '1.128379167095512573896157969748174541546840777370369077',
    '1.000000000000909494701773341828221315701723499792085211',
  ],
  [
    0.5,
    '0.520499877813046537682746653891964528736451575757963700',
    '0.878782578935444794093723954824457898362521989601940382',
    '1.648721270700128146848650787814163571653776100710148011',
  ],
  [
    -1.25,
    '-0.922900128256458230136523481197281140423601438702228329',
    '0.236521122447290787220014827212446762898426417245450881',
    '0.286504796860190100324885426647837602793150792328251047',
  ],
  [
    3,
    '0.999977909503001414558627223870417679620152292912600750',
    '0.000139253051946747853890418031018355856111996177945921258',
    '20.085536923187667740928529654581717896987907838554150144',
  ],
  [
    5.875,
    '0.999999999999999903084443547228248311995460470058868891',
    '0.00000000000000115480746435025299272978959486075060364861771296387370',
    '356.024660670779123267674712971066023003526957634028317792',
  ],
] as const;

// Computed with mpmath in 400 digits: x, sin x, cos x.
const TURNS = [
  [
    2 ** -40,
    '0.000000000000909494701772928237915038937113935912289332483334774549',
    '0.999999999999999999999999586409693723486162564295682475',
  ],
  [
    0.5,
    '0.479425538604203000273287935215571388081803367940600675',
    '0.877582561890372716116281582603829651991645197109744053',
  ],
  [
    -1.25,
    '-0.948984619355586214348490847036049250378016034523892220',
    '0.315322362395268665447538552438038013727985707982756808',
  ],
  [
    3,
    '0.141120008059867222100744802808110279846933264252265584',
    '-0.989992496600445457271572794731261302393679096615588329',
  ],
  [
    1e22,
    '-0.852200849767188801772705893753029368261762150410043656',
    '0.523214785395138945497594473384709492140919972439387954',
  ],
  [
    -1.37 * 2 ** 1002,
    '0.617281109539199208942538953139922689333665264106434526',
    '-0.786742671911251517424646311403133948765752041067915616',
  ],
] as const;

describe('exact numbers', () => {
  for (const [x, sin, cos] of TURNS)
    it(`hold the sine and cosine of ${x} to more than 50 digits`, () => {
      expectDigits(wide.sin(wide.of(x)), sin);
      expectDigits(wide.cos(wide.of(x)), cos);
    });

  it('turn a sine into a cosine at every quarter, and keep the digits of a tiny one', () => {
    for (let k = -9; k <= 9; k++) {
      const angle = wide.of((k * Math.PI) / 2 + 0.25);
      const [sine, cosine] = [wide.sin(angle), wide.cos(angle)];
      const one = wide.add(wide.mul(sine, sine), wide.mul(cosine, cosine));
      expect(Math.abs(wide.number(wide.sub(one, wide.of(1)))), `${k}`).to.be.below(1e-56);
      expect(wide.number(sine), `${k}`).to.be.closeTo(Math.sin((k * Math.PI) / 2 + 0.25), 1e-15);
      expect(wide.number(cosine), `${k}`).to.be.closeTo(Math.cos((k * Math.PI) / 2 + 0.25), 1e-15);
    }
    expect(wide.number(wide.sin(wide.of(-1e-300)))).to.equal(-1e-300);
    expect(wide.number(wide.cos(wide.of(Math.PI / 2)))).to.equal(Math.cos(Math.PI / 2));
  });

  for (const [x, erf, bell, exp] of KNOWN)
    it(`hold erf ${x}, its slope and exp ${x} to more than 50 digits`, () => {
      expectDigits(wide.erf(wide.of(x)), erf);
      expectDigits(wide.bell(wide.of(x)), bell);
      expectDigits(wide.exp(wide.of(x)), exp);
    });

  it('hold logarithms of any size to more than 50 digits', () => {
    expectDigits(wide.log(wide.of(3)), '1.098612288668109691395245236922525704647490557822749451');
    expectDigits(wide.log({ m: 1n, e: -3000 }), '-2079.441541679835928251696364374529704226500403080765');
    const next = wide.add(wide.of(1), { m: 1n, e: -150 });
    const off = wide.sub({ m: 1n, e: -150 }, wide.log(next));
    // ln(1 + h) is h − h²/2 and next to nothing more.
    expect(wide.number(wide.div(off, { m: 1n, e: -301 }))).to.be.closeTo(1, 1e-9);
  });

  it('keep the digits of tiny and of far results', () => {
    const scaled = (x: Wide, k: number): Wide => ({ m: x.m, e: x.e + k });
    expectDigits(
      scaled(wide.erf(wide.of(2 ** -1000)), 1000),
      '1.1283791670955125738961589031215451716881012586579977',
    );
    expect(wide.number(wide.div(wide.exp(wide.of(-1e6)), wide.exp(wide.of(-1e6 + 1))))).to.equal(
      Math.exp(-1),
    );
    expect(wide.number(wide.div(wide.bell(wide.of(100)), wide.exp(wide.of(-1e4))))).to.equal(
      2 / Math.sqrt(Math.PI),
    );
    expect(wide.number(wide.exp(wide.of(1e-300)))).to.equal(1);
  });

  it('reach ±1 where erf differs from it by less than they hold', () => {
    expect(wide.erf(wide.of(-1e300))).to.deep.equal(wide.of(-1));
    const short = (x: Wide) => wide.sub(wide.of(1), wide.erf(x));
    expect(wide.number(short(wide.of(10)))).to.be.closeTo(2.088487583762545e-45, 1e-55);
    expect(Math.abs(wide.number(short(wide.of(12))))).to.be.below(1e-56);
  });
});

/** A ball with an error of its own, large or small. */
const ball = fc
  .record({
    value: fc.oneof(
      fc.double({ min: -8, max: 8, noNaN: true }),
      fc.double({ min: -1e3, max: 1e3, noNaN: true }),
    ),
    error: fc.oneof(
      fc.constant(0),
      fc.integer({ min: -60, max: 4 }).map((k) => 2 ** k),
    ),
  })
  .map(({ value, error }): Ball => ({ value: wide.of(value), error: wide.of(error) }));

describe('balls of exact numbers', () => {
  const field = balls(2 ** -53, 2 ** -1074);
  for (const name of ['erf', 'bell', 'sin', 'cos'] as const)
    it(`hold ${name} of every number in the ball, and of one rounded to the dtype`, () => {
      fc.assert(
        fc.property(ball, fc.double({ min: -1, max: 1, noNaN: true }), (x, share) => {
          const { value, error } = field[name](x);
          const inside = wide.add(x.value, wide.mul(x.error, wide.of(share)));
          const apart = wide.abs(wide.sub(wide[name](inside), value));
          expect(wide.exceeds(apart, error)).to.equal(false);
          const rounded = wide.abs(wide.sub(wide.of(wide.number(value)), value));
          expect(wide.exceeds(rounded, error)).to.equal(false);
        }),
      );
    });

  it('say little more than what rounding may do, if nothing else is off', () => {
    for (const x of [-3, -0.5, 2 ** -40, 0.1, 1, 4]) {
      const exact = field.of(x);
      const off = ({ value, error }: Ball) => wide.number(error) / Math.abs(wide.number(value));
      expect(off(field.erf(exact))).to.be.within(2 ** -53, 2 ** -52);
      expect(off(field.bell(exact))).to.be.within(2 ** -53, (1 + 2 * x * x) * 2 ** -52);
    }
  });

  it('leave open which of two is the larger, if rounding decides', () => {
    const at = (value: number, error: number): Ball => ({ value: wide.of(value), error: wide.of(error) });
    const share = (a: Ball, b: Ball) => {
      const found = field.tie(a, b);
      return found && [wide.number(found.value), wide.number(found.error)];
    };
    expect(share(at(1, 0), at(1, 0))).to.deep.equal([0.5, 0]);
    expect(share(at(1, 2 ** -50), at(1, 0))).to.deep.equal([0.5, 0.5]);
    expect(share(at(1, 2 ** -50), at(1 + 2 ** -47, 0))).to.deep.equal([0.5, 0.5]);
    expect(share(at(1, 2 ** -50), at(1 + 2 ** -46, 0))).to.equal(undefined);
    const most = field.larger(at(1, 2 ** -50), at(1 + 2 ** -47, 2 ** -49));
    expect([most.value, most.error].map(wide.number)).to.deep.equal([1 + 2 ** -47, 2 ** -49]);
  });
});
