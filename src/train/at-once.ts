/** Goes to the end of steps without a rest; returns what they return. */
export function atOnce<Y>(steps: Generator<unknown, Y, void>): Y {
  let next = steps.next();
  while (!next.done) next = steps.next();
  return next.value;
}
